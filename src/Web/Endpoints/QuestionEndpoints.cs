using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CoKe.Web.Endpoints;

/// <summary>Reports of committed epochs that follow each other.</summary>
/// <param name="First">The first epoch that was asked for.</param>
/// <param name="Epochs">Oldest first; fewer than were asked for where fewer are committed.</param>
public sealed record EpochPage(int First, IReadOnlyList<EpochReport> Epochs);

/// <summary>The clusters that are nearest to one.</summary>
/// <param name="Head">The head.</param>
/// <param name="Cluster">The one.</param>
/// <param name="Nearest">The others, the most similar first.</param>
public sealed record NearestClusters(int Head, int Cluster, IReadOnlyList<NearCluster> Nearest);

/// <summary>What is asked about the past of a run, the surroundings of a cluster, and one image.</summary>
static class QuestionEndpoints
{
    const int UsualCount = 8;

    public static void Map(IEndpointRouteBuilder run)
    {
        run.MapGet("epochs", EpochsAsync)
            .Produces<EpochPage>()
            .WithSummary($"Reports of committed epochs from the first that is named on, at most {ISequencerGrain.MostReports}.");
        run.MapGet("heads/{head}/clusters/{cluster}/nearest", NearestAsync)
            .Produces<NearestClusters>()
            .WithSummary("The clusters whose frozen centers are the most similar to that of one.");
        run.MapGet("images/{image}", ImageAsync)
            .Produces<ImageStatus>()
            .WithSummary("Labels of one image: in the last committed epoch, and in the open one where it has come.");
    }

    static async Task<IResult> EpochsAsync(string run, int? first, int? count, CokeClient client, CancellationToken cancellation) =>
        RunEndpoints.Words(
            new EpochPage(
                first ?? 0,
                await client.GetEpochReportsAsync(run, first ?? 0, count ?? ISequencerGrain.MostReports, cancellation)
            )
        );

    static async Task<IResult> NearestAsync(
        string run,
        int head,
        int cluster,
        int? count,
        CokeClient client,
        CancellationToken cancellation
    ) =>
        RunEndpoints.Words(
            new NearestClusters(head, cluster, await client.GetNearestClustersAsync(run, head, cluster, count ?? UsualCount, cancellation))
        );

    static async Task<IResult> ImageAsync(string run, long image, KnownRuns runs, CokeClient client, CancellationToken cancellation)
    {
        var reader = await runs.GetAsync(run, cancellation);
        var id = ImageIdCheck.Known(image, reader.Clustering.ImageCount);
        return RunEndpoints.Words(await client.GetImageAsync(run, id, cancellation));
    }
}
