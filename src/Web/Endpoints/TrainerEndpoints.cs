using CoKe.Abstractions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CoKe.Web.Endpoints;

/// <summary>What a trainer tells of itself beside its mini-batches: how it goes, and that it is done.</summary>
static class TrainerEndpoints
{
    public static void Map(IEndpointRouteBuilder run)
    {
        var rank = run.MapGroup("ranks/{rank}");
        rank.MapPut("report", ReportAsync)
            .Produces(StatusCodes.Status204NoContent)
            .WithSummary("What a trainer tells of itself, for whoever looks at the run; the last one of every rank is kept, in memory.");
        rank.MapPost("finish", FinishAsync)
            .Produces(StatusCodes.Status204NoContent)
            .WithSummary("Notes durably that a rank's trainer is done; repeated, it changes nothing.");
    }

    static async Task<IResult> ReportAsync(
        string run,
        int rank,
        int generation,
        TrainerReport report,
        KnownRuns runs,
        IGrainFactory grains,
        CancellationToken cancellation
    )
    {
        await RankEndpoints.CheckRankAsync(run, rank, runs, cancellation);
        await RankEndpoints.HeardAsync(
            run,
            rank,
            generation,
            grains,
            async () =>
            {
                await grains.GetGrain<ISequencerGrain>(run).ReportAsync(rank, generation, report);
                return true;
            },
            cancellation
        );
        return Results.NoContent();
    }

    // Once it was begun it goes on, whoever hangs up.
    static async Task<IResult> FinishAsync(string run, int rank, int generation, IGrainFactory grains)
    {
        await grains.GetGrain<IRunGrain>(Keys.RunName(run)).FinishAsync(rank, generation, run);
        return Results.NoContent();
    }
}
