using System.Collections.Concurrent;
using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Web.Arrays;
using CoKe.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CoKe.Web.Endpoints;

/// <summary>A head's clusters in order, thinned out to as many as a picture can show. One entry per cluster that is shown.</summary>
/// <param name="ClusterCount">K.</param>
/// <param name="Rank">Its place among all K, from 0; the first and the last are always there.</param>
/// <param name="Cluster">k.</param>
/// <param name="Count">Members in the open epoch so far.</param>
/// <param name="LastCount">Members in the last closed epoch.</param>
/// <param name="MinimumSize">gamma_k.</param>
/// <param name="Dual">rho_k.</param>
public sealed record HeadProfile(
    int ClusterCount,
    IReadOnlyList<int> Rank,
    IReadOnlyList<int> Cluster,
    IReadOnlyList<long> Count,
    IReadOnlyList<long> LastCount,
    IReadOnlyList<double> MinimumSize,
    IReadOnlyList<double> Dual
);

/// <summary>What is drawn of a head: its clusters in order of size or dual, and a map of its centers.</summary>
static class PictureEndpoints
{
    const int UsualPoints = 400,
        MostPoints = 4_000;

    public static void Map(IEndpointRouteBuilder run)
    {
        var head = run.MapGroup("heads/{head}");
        head.MapGet("profile", ProfileAsync)
            .Produces<HeadProfile>()
            .WithSummary("A head's clusters in the order asked for, thinned out to so many points.");
        head.MapGet("map", MapAsync)
            .Produces<byte[]>(StatusCodes.Status200OK, BodyArrays.Raw, BodyArrays.Npy)
            .WithSummary("The frozen centers of a head in the plane of their largest variance: float32 [K x 2].");
    }

    static async Task<IResult> ProfileAsync(
        string run,
        int head,
        string? sort,
        int? points,
        CokeClient client,
        CancellationToken cancellation
    )
    {
        var most = points ?? UsualPoints;
        if (most is < 2 or > MostPoints)
            throw new InvalidRequestException("points", $"{most}", $"points is {most}: give 2 to {MostPoints}.");
        var order = ClusterOrder.Of(sort ?? "lastCount");
        ClusterSummary[] clusters = [.. order(await client.GetClustersAsync(run, head, cancellation))];
        int[] ranks = [.. Ranks(clusters.Length, most)];
        T[] Column<T>(Func<ClusterSummary, T> of) => Array.ConvertAll(ranks, rank => of(clusters[rank]));
        return RunEndpoints.Words(
            new HeadProfile(
                clusters.Length,
                ranks,
                Column(one => one.Cluster),
                Column(one => one.Count),
                Column(one => one.LastCount),
                Column(one => one.MinimumSize),
                Column(one => one.Dual)
            )
        );
    }

    static IEnumerable<int> Ranks(int count, int most) =>
        count <= most
            ? Enumerable.Range(0, count)
            : Enumerable.Range(0, most).Select(point => (int)((long)point * (count - 1) / (most - 1)));

    static async Task<IResult> MapAsync(
        string run,
        int head,
        int? epoch,
        int? commit,
        CokeClient client,
        KnownRuns runs,
        CenterMaps maps,
        CancellationToken cancellation
    )
    {
        var reader = await runs.GetAsync(run, cancellation);
        if (head < 0 || head >= reader.Clustering.Heads.Count)
            throw new UnknownPartException("head", head, reader.Clustering.Heads.Count);
        var last = (await client.GetStatusAsync(run, cancellation)).LastEpoch;
        if (last is null || (epoch ?? last.Epoch, commit ?? last.CommittedIncarnation) != (last.Epoch, last.CommittedIncarnation))
        {
            await reader.ReadCentersAsync(head, epoch, commit, cancellation); // says why it cannot be read
            throw new EpochNotReadableException($"run '{run}'", epoch ?? 0, last?.Epoch ?? -1);
        }

        var name = new EpochName(last.Epoch, last.CommittedIncarnation);
        var plane = await maps.OfAsync(reader, head, name, cancellation);
        return new ArraysAnswer(name).Add(plane, plane.Length / 2, 2);
    }
}

/// <summary>Maps of committed centers, which never change: the last ones are kept, and however many look at one, it is drawn
/// once.</summary>
sealed class CenterMaps(HeavyWork heavy, BodyRooms rooms)
{
    const int Most = 32;

    readonly ConcurrentDictionary<(string Run, int Head, EpochName Commit), Lazy<Task<float[]>>> _known = new();

    /// <summary>The map of a head at a commit.</summary>
    /// <param name="reader">Of the run.</param>
    /// <param name="head">The head.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="cancellation">Gives up waiting; it is drawn all the same.</param>
    /// <returns>K x 2.</returns>
    public async Task<float[]> OfAsync(RunReader reader, int head, EpochName commit, CancellationToken cancellation)
    {
        if (_known.Count >= Most)
            _known.Clear(); // they are drawn once more
        var of = (reader.RunId, head, commit);
        var drawn = _known.GetOrAdd(of, _ => new(() => DrawAsync(reader, head, commit)));
        try
        {
            return await drawn.Value.WaitAsync(cancellation);
        }
        catch when (drawn.Value.IsFaulted)
        {
            _known.TryRemove(new(of, drawn)); // who asks again may find it
            throw;
        }
    }

    async Task<float[]> DrawAsync(RunReader reader, int head, EpochName commit)
    {
        var (K, d) = (reader.Clustering.Heads[head].ClusterCount, reader.Clustering.Dimension);
        using var room = rooms.Questions.Take((long)K * d * sizeof(float));
        var (_, centers) = await reader.ReadCentersAsync(head, commit.Epoch, commit.CommittedIncarnation, CancellationToken.None);
        float[] plane = [];
        await heavy.DoAsync(_ => plane = PrincipalPlane.Project(centers, d), CancellationToken.None);
        return plane;
    }
}
