using CoKe.Abstractions;
using CoKe.Client;
using CoKe.Web.Arrays;
using CoKe.Web.Guards;
using CoKe.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace CoKe.Web.Endpoints;

/// <summary>A page of a head's clusters.</summary>
/// <param name="Total">Those that the filter lets through; without one K.</param>
/// <param name="Page">Which page, from 0.</param>
/// <param name="Size">Clusters of a page.</param>
/// <param name="Clusters">Those of this page.</param>
public sealed record ClusterPage(int Total, int Page, int Size, IReadOnlyList<ClusterSummary> Clusters);

/// <summary>What is read of a run: labels, centers, clusters.</summary>
static class ReadEndpoints
{
    const long LargestQuestion = 64L << 20;

    // Of a soft label's slot, as a shard tells it, and twice in the answer.
    const int EntryBytes = 32;
    const int UsualPage = 100,
        LargestPage = 10_000;

    public static void Map(IEndpointRouteBuilder run)
    {
        run.MapPost("labels", LabelsAsync)
            .Accepts<byte[]>(BodyArrays.Raw, BodyArrays.Npy)
            .Produces<byte[]>(StatusCodes.Status200OK, BodyArrays.Raw, BodyArrays.Npy)
            .WithMetadata(new BodyLimit(LargestQuestion))
            .WithSummary("Labels of n ids: int32 [heads x n], then uint8 [n], 1 where the image was not seen in that epoch.");
        run.MapPost("soft-labels", SoftLabelsAsync)
            .Accepts<byte[]>(BodyArrays.Raw, BodyArrays.Npy)
            .Produces<byte[]>(StatusCodes.Status200OK, BodyArrays.Raw, BodyArrays.Npy)
            .WithMetadata(new BodyLimit(LargestQuestion))
            .WithSummary("Soft labels of n ids: int32 [heads x n x s], then float32 weights of the same shape.");
        var head = run.MapGroup("heads/{head}");
        head.MapGet("centers", CentersAsync)
            .Produces<byte[]>(StatusCodes.Status200OK, BodyArrays.Raw, BodyArrays.Npy)
            .Produces(StatusCodes.Status304NotModified)
            .WithSummary("Frozen centers of a head: float32 [K x d].");
        head.MapGet("clusters", ClustersAsync).Produces<ClusterPage>().WithSummary("A page of a head's clusters, in the order asked for.");
        head.MapGet("clusters/{cluster}", ClusterAsync).Produces<ClusterStatistics>().WithSummary("One cluster, asked of its own grain.");
    }

    static async Task<IResult> LabelsAsync(string run, int? epoch, int? commit, HttpRequest request, KnownRuns runs, BodyRooms rooms)
    {
        var heads = (await runs.GetAsync(run, request.HttpContext.RequestAborted)).Clustering.Heads.Count;
        using var place = rooms.Questions.Take(BodyArrays.Memory(request) + (IdsIn(request) * heads * 2L * sizeof(int)));
        var (name, labels) = await ReadAsync(run, epoch, commit, request, runs);
        var n = labels.IsOld.Length;
        return new ArraysAnswer(name)
            .Add(labels.Labels, labels.Labels.Length, n)
            .Add(Array.ConvertAll(labels.IsOld, old => (byte)(old ? 1 : 0)), n);
    }

    static async Task<IResult> SoftLabelsAsync(string run, int? epoch, int? commit, HttpRequest request, KnownRuns runs, BodyRooms rooms)
    {
        var options = (await runs.GetAsync(run, request.HttpContext.RequestAborted)).Clustering;
        var slotsInAll = IdsIn(request) * options.Heads.Count * options.SoftLabelSlots;
        if (slotsInAll > Array.MaxLength)
            throw new OversizeBodyException(Length(request), Length(request) * Array.MaxLength / slotsInAll);
        using var place = rooms.Questions.Take(BodyArrays.Memory(request) + (slotsInAll * EntryBytes));
        var (name, labels) = await ReadAsync(run, epoch, commit, request, runs);
        if (labels.SoftLabels is not { } soft)
            throw new InvalidRequestException(
                "epoch",
                $"{name.Epoch}",
                options.StageTwoAfterEpoch is { } last
                    ? $"Epoch {name.Epoch} has no soft labels, which epochs above {last} have: ask for its labels."
                    : "The run has no soft labels, which stage two makes: ask for its labels, or create it with stageTwoAfterEpoch."
            );
        int heads = soft.Length,
            n = labels.IsOld.Length,
            slots = options.SoftLabelSlots;
        var clusters = new int[heads * n * slots];
        var weights = new float[clusters.Length];
        Array.Fill(clusters, -1);
        foreach (var (at, entries) in soft.SelectMany(head => head).Index())
        {
            for (var s = 0; s < entries.Length; s++)
                (clusters[(at * slots) + s], weights[(at * slots) + s]) = (entries[s].Label, (float)entries[s].Weight);
        }

        return new ArraysAnswer(name).Add(clusters, heads, n, slots).Add(weights, heads, n, slots);
    }

    static async Task<IResult> CentersAsync(
        string run,
        int head,
        int? epoch,
        int? commit,
        HttpContext http,
        KnownRuns runs,
        CokeClient client
    )
    {
        var reader = await runs.GetAsync(run, http.RequestAborted);
        // What a commit holds never changes: who has it need not be sent it again, while there is such a head, and it is the last commit.
        if (
            epoch is { } known
            && commit is { } incarnation
            && head >= 0
            && head < reader.Clustering.Heads.Count
            && http.Request.GetTypedHeaders().IfNoneMatch.Any(tag => tag.Equals(Tag(new EpochName(known, incarnation))))
            && (await client.GetStatusAsync(run, http.RequestAborted)).LastEpoch is { } last
            && (last.Epoch, last.CommittedIncarnation) == (known, incarnation)
        )
            return Results.StatusCode(StatusCodes.Status304NotModified);
        var (name, centers) = await reader.ReadCentersAsync(head, epoch, commit, http.RequestAborted);
        http.Response.GetTypedHeaders().ETag = Tag(name);
        var d = reader.Clustering.Dimension;
        return new ArraysAnswer(name).Add(centers, centers.Length / d, d);
    }

    static async Task<IResult> ClustersAsync(
        string run,
        int head,
        string? sort,
        int? page,
        int? size,
        string? filter,
        CokeClient client,
        CancellationToken cancellation
    )
    {
        var (first, length) = (page ?? 0, size ?? UsualPage);
        if (first < 0)
            throw new InvalidRequestException("page", $"{first}", $"page is {first}: pages count from 0.");
        if (length is < 1 or > LargestPage)
            throw new InvalidRequestException("size", $"{length}", $"size is {length}: give 1 to {LargestPage} clusters.");
        var order = ClusterOrder.Of(sort ?? "cluster");
        var isShown = ClusterOrder.Filter(filter ?? "all");
        ClusterSummary[] clusters = [.. (await client.GetClustersAsync(run, head, cancellation)).Where(isShown)];
        return RunEndpoints.Words(
            new ClusterPage(
                clusters.Length,
                first,
                length,
                [.. order(clusters).Skip((int)Math.Min((long)first * length, int.MaxValue)).Take(length)]
            )
        );
    }

    static async Task<IResult> ClusterAsync(string run, int head, int cluster, CokeClient client, CancellationToken cancellation) =>
        RunEndpoints.Words(await client.GetClusterAsync(run, head, cluster, cancellation));

    static async Task<(EpochName Name, EpochLabels Labels)> ReadAsync(
        string run,
        int? epoch,
        int? commit,
        HttpRequest request,
        KnownRuns runs
    )
    {
        var reader = await runs.GetAsync(run, request.HttpContext.RequestAborted);
        var ids = await BodyArrays.ReadIdsAsync(request, reader.Clustering);
        return await reader.ReadLabelsAsync(ids, epoch, commit, request.HttpContext.RequestAborted);
    }

    // At most: .npy files may have ids of int32.
    static long IdsIn(HttpRequest request) => Length(request) / (BodyArrays.IsNpy(request) ? sizeof(int) : sizeof(long));

    static long Length(HttpRequest request) => BodyArrays.Length(request);

    static EntityTagHeaderValue Tag(EpochName name) => new($"\"{name.Epoch}-{name.CommittedIncarnation}\"");
}
