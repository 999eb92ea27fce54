using CoKe.Abstractions;
using CoKe.Client;
using CoKe.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CoKe.Web.Endpoints;

/// <summary>The course of a head over committed epochs, one column for each number; all have as many entries.</summary>
/// <param name="Epoch">The epochs.</param>
/// <param name="MeanSimilarity">Mean of x . c.</param>
/// <param name="Changed">Share of the images that were seen whose label is another one than in the epoch before, 0 to 1; null in the
/// first.</param>
/// <param name="Agreement">Normalized mutual information of the labels with those of the epoch before, 0 to 1; null in the
/// first.</param>
/// <param name="SmallestSize">Members of the smallest cluster.</param>
/// <param name="LargestSize">Members of the largest cluster.</param>
/// <param name="MinimumSize">The minimum that is kept worst.</param>
/// <param name="Violation">By how many images it is missed; negative: the smallest is that much above.</param>
/// <param name="EmptyClusters">Clusters without a member.</param>
/// <param name="LargestDual">max_k rho_k.</param>
public sealed record HeadSeries(
    IReadOnlyList<int> Epoch,
    IReadOnlyList<double> MeanSimilarity,
    IReadOnlyList<double?> Changed,
    IReadOnlyList<double?> Agreement,
    IReadOnlyList<long> SmallestSize,
    IReadOnlyList<long> LargestSize,
    IReadOnlyList<double> MinimumSize,
    IReadOnlyList<double> Violation,
    IReadOnlyList<int> EmptyClusters,
    IReadOnlyList<double> LargestDual
);

/// <summary>Curves: what the reports of many epochs say of one head.</summary>
static class SeriesEndpoints
{
    const int Most = 1_000;

    public static void Map(IEndpointRouteBuilder run) =>
        run.MapGet("heads/{head}/series", SeriesAsync)
            .Produces<HeadSeries>()
            .WithSummary("The course of a head from an epoch on, or over the last ones, at most 1,000: a column for each number.");

    static async Task<IResult> SeriesAsync(
        string run,
        int head,
        int? from,
        int? last,
        CokeClient client,
        KnownRuns runs,
        CancellationToken cancellation
    )
    {
        if (from is < 0)
            throw new InvalidRequestException("from", $"{from}", $"from is {from}: epochs count from 0.");
        if (last is < 1 or > Most)
            throw new InvalidRequestException("last", $"{last}", $"last is {last}: give 1 to {Most} epochs.");
        var heads = (await runs.GetAsync(run, cancellation)).Clustering.Heads.Count;
        if (head < 0 || head >= heads)
            throw new UnknownPartException("head", head, heads);
        var committed = (await client.GetStatusAsync(run, cancellation)).LastEpoch?.Epoch ?? -1;
        var first = Math.Max(from ?? 0, last is { } count ? committed + 1 - count : 0);
        var reports = first > committed ? [] : await client.GetEpochReportsAsync(run, first, Most, cancellation);
        IReadOnlyList<T> Column<T>(Func<EpochReport, HeadReport, T> of) => [.. reports.Select(report => of(report, report.Heads[head]))];
        return RunEndpoints.Words(
            new HeadSeries(
                Column((report, _) => report.Epoch),
                Column((_, one) => one.MeanSimilarity),
                Column((report, one) => one.ChangedLabels is { } changed ? changed / (double)Math.Max(1, report.Rows) : (double?)null),
                Column((_, one) => one.Agreement),
                Column((_, one) => one.SmallestSize),
                Column((_, one) => one.LargestSize),
                Column((_, one) => one.MinimumSize),
                Column((_, one) => one.Violation),
                Column((_, one) => one.EmptyClusters),
                Column((_, one) => one.LargestDual)
            )
        );
    }
}
