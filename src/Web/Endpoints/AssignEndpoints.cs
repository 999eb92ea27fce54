using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Web.Arrays;
using CoKe.Web.Guards;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CoKe.Web.Endpoints;

/// <summary>Labels of any embeddings by the frozen centers of a run, which is not changed.</summary>
static class AssignEndpoints
{
    /// <summary>Besides the memory that the door has, what is read as bytes at once.</summary>
    const long LargestRows = int.MaxValue;

    // Whether the labels are the best that there are, or the search ended before that was certain.
    const string Optimal = "CoKe-Optimal";

    public static void Map(IEndpointRouteBuilder run)
    {
        run.MapPost("assign", NearestAsync)
            .Accepts<byte[]>(BodyArrays.Raw, BodyArrays.Npy)
            .Produces<byte[]>(StatusCodes.Status200OK, BodyArrays.Raw, BodyArrays.Npy)
            .WithMetadata(new BodyLimit(LargestRows))
            .WithSummary("The most similar center of n x d embeddings, whatever the sizes: int32 [heads x n].");
        run.MapPost("assign-with-sizes", SizedAsync)
            .Accepts<byte[]>(BodyArrays.Raw, BodyArrays.Npy)
            .Produces<byte[]>(StatusCodes.Status200OK, BodyArrays.Raw, BodyArrays.Npy)
            .WithMetadata(new BodyLimit(LargestRows))
            .WithSummary("The best labels that keep the run's minimum sizes, scaled to n rows: int32 [n].");
    }

    static async Task<IResult> NearestAsync(
        string run,
        int? epoch,
        int? commit,
        HttpRequest request,
        KnownRuns runs,
        BodyRooms rooms,
        HeavyWork work
    )
    {
        var cancellation = request.HttpContext.RequestAborted;
        var reader = await runs.GetAsync(run, cancellation);
        var options = reader.Clustering;
        var length = BodyArrays.Length(request);
        using var place = rooms.Questions.Take(BodyArrays.Memory(request));
        var rows = await BodyArrays.ReadRowsAsync(request, options.Dimension, length);
        var n = rows.Length / options.Dimension;
        EmbeddingCheck.Validate(rows, n, options.Dimension, views: 2);
        var labels = new int[options.Heads.Count][];
        EpochName? name = null;
        for (var h = 0; h < labels.Length; h++)
        {
            // Of one commit: the first head's, whichever it was.
            var (read, centers) = await reader.ReadCentersAsync(
                h,
                name?.Epoch ?? epoch,
                name?.CommittedIncarnation ?? commit,
                cancellation
            );
            (name, labels[h]) = (read, new int[n]);
            using var matrix = new ScoringMatrix(new HeadPlan(options, h), centers); // its duals are 0
            await work.DoAsync(threads => matrix.Assign(rows, n, rowClock: 0, labels[h], default, threads), cancellation);
        }

        return new ArraysAnswer(name).Add(labels, labels.Length, n);
    }

    static async Task<IResult> SizedAsync(
        string run,
        int? head,
        int? epoch,
        int? commit,
        double? maximumSizeRatio,
        HttpRequest request,
        KnownRuns runs,
        BodyRooms rooms,
        HeavyWork work
    )
    {
        var cancellation = request.HttpContext.RequestAborted;
        var reader = await runs.GetAsync(run, cancellation);
        var (h, d) = (head ?? 0, reader.Clustering.Dimension);
        var length = BodyArrays.Length(request);
        using var place = rooms.Questions.Take(BodyArrays.Memory(request));
        var (name, centers) = await reader.ReadCentersAsync(h, epoch, commit, cancellation);
        var rows = await BodyArrays.ReadRowsAsync(request, d, length);
        var n = rows.Length / d;
        if (n == 0)
            throw BodyArrays.Refuse("embeddings", "0 rows", "There are no rows: send at least one.");
        var bounds = SizeBounds.Of(new HeadPlan(reader.Clustering, h), n, maximumSizeRatio);
        SizedAssignment? sized = null;
        // The duals move with the open epoch; without them equal commits give equal labels.
        await work.DoAsync(
            threads => sized = ExactSizes.Assign(rows, d, centers, bounds, threads: threads, cancellation: cancellation),
            cancellation
        );
        request.HttpContext.Response.Headers[Optimal] = sized!.IsOptimal ? "true" : "false";
        return new ArraysAnswer(name).Add(sized.Labels, n);
    }
}
