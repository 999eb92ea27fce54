using CoKe.Abstractions;
using CoKe.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CoKe.Web.Endpoints;

/// <summary>Every silo that takes part.</summary>
/// <param name="Silos">The silos that could be asked.</param>
/// <param name="Troubles">Those that could not: name and reason.</param>
public sealed record SiloList(IReadOnlyList<SiloStatistics> Silos, IReadOnlyDictionary<string, string> Troubles);

/// <summary>How the silos and their storage are.</summary>
static class SiloEndpoints
{
    public static void Map(IEndpointRouteBuilder door)
    {
        door.MapGet("silos", ListAsync).Produces<SiloList>().WithSummary("Every silo that takes part: memory, grains, queues, storage.");
        door.MapGet("storage", StorageAsync).Produces<StorageStatistics>().WithSummary("What the storage takes.");
    }

    static async Task<IResult> ListAsync(CokeClient client, CancellationToken cancellation)
    {
        var all = await client.GetSilosAsync(cancellation);
        return RunEndpoints.Words(
            new SiloList(
                [.. all.Select(one => one.Statistics).OfType<SiloStatistics>()],
                all.Where(one => one.Trouble is not null).ToDictionary(one => one.Name, one => one.Trouble!)
            )
        );
    }

    static async Task<IResult> StorageAsync(CokeClient client, CancellationToken cancellation) =>
        RunEndpoints.Words(await client.GetStorageAsync(cancellation));
}
