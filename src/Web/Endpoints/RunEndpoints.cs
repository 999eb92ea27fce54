using System.Text.Json;
using CoKe.Abstractions;
using CoKe.Access.Rights;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Web.Arrays;
using CoKe.Web.Guards;
using CoKe.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace CoKe.Web.Endpoints;

/// <summary>A run as it is asked for.</summary>
/// <param name="Name">1 to 64 letters, digits, '.', '_' or '-'.</param>
/// <param name="Clustering">The problem: images, dimension, heads and their options.</param>
/// <param name="Trainers">W: how many ranks feed the run.</param>
public sealed record RunRequest(string Name, ClusteringOptions Clustering, int Trainers = 1);

/// <summary>Every run, or those of one name.</summary>
/// <param name="Runs">The runs that could be asked.</param>
/// <param name="Troubles">Those that could not: name and reason.</param>
public sealed record RunList(IReadOnlyList<RunStatus> Runs, IReadOnlyDictionary<string, string> Troubles);

/// <summary>Runs: created, listed, watched, taken back, deleted.</summary>
static class RunEndpoints
{
    const string Specification = "specification",
        Centers = "centers";

    const string Json = "application/json",
        Form = "multipart/form-data";

    // Of a form besides its centers, and of words that do not tell their length.
    const int FormWords = 1 << 20;

    const long LargestForm = (64L << 20) + FormWords;

    public static void Map(IEndpointRouteBuilder runs, IEndpointRouteBuilder run)
    {
        runs.MapPost("", CreateAsync)
            .Accepts<RunRequest>(Json, Form)
            .Produces<RunStatus>()
            .WithMetadata(new BodyLimit(LargestForm))
            .WithSummary(
                "Creates a run; repeated, it changes nothing. With initial centers as a form: specification, and centers per head."
            );
        runs.MapGet("", ListAsync).Produces<RunList>().WithSummary("Every run, or with a name those of that name: one or none.");
        run.MapGet("", GetAsync).Produces<RunStatus>().WithSummary("A run, live; with a stamp at its next change or after about a second.");
        run.MapDelete("", DeleteAsync)
            .Produces(StatusCodes.Status204NoContent)
            .WithMetadata(new NeedsRight(Right.Administer))
            .WithSummary("Removes a run and everything it stored.");
        run.MapPost("restore", RestoreAsync)
            .Produces<RunStatus>()
            .WithMetadata(new NeedsRight(Right.Administer))
            .WithSummary("Takes a run back to its last boundary, out of the attempt that is named; repeated, it changes nothing.");
        run.MapGet("epochs/{epoch}", ReportAsync).Produces<EpochReport>().WithSummary("The report of a committed epoch.");
    }

    static async Task<IResult> CreateAsync(HttpRequest request, CokeClient client, BodyRooms rooms)
    {
        var kind = BodyArrays.MediaType(request.ContentType);
        if (request.ContentLength is null && kind == Json)
        {
            // Some clients send words in chunks.
            request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = FormWords;
        }

        // A form's files are there as they came, whole, and as numbers.
        using var place = rooms.Questions.Take(
            kind == Json ? request.ContentLength ?? FormWords
            : kind == Form ? 3 * BodyArrays.Length(request)
            : 0
        );
        var specification = kind switch
        {
            Json => Of(await ReadAsync(request.Body, request.HttpContext.RequestAborted), null),
            Form => await ReadFormAsync(request),
            var other => throw new UnsupportedContentException(other, $"{Json}, or {Form} with initial centers"),
        };
        return Words(await client.CreateRunAsync(specification, request.HttpContext.RequestAborted));
    }

    static async Task<IResult> ListAsync(string? name, CokeClient client, CancellationToken cancellation)
    {
        if (name is null)
        {
            var all = await client.ListRunsAsync(cancellation);
            return Words(
                new RunList(
                    [.. all.Select(one => one.Status).OfType<RunStatus>()],
                    all.Where(one => one.Trouble is not null).ToDictionary(one => one.Name, one => one.Trouble!)
                )
            );
        }

        try
        {
            var named = RunSpecification.IsName(name)
                ? await client.GetStatusAsync(name, cancellation)
                : throw new UnknownRunException(name);
            return Words(new RunList([named], new Dictionary<string, string>()));
        }
        catch (UnknownRunException)
        {
            return Words(new RunList([], new Dictionary<string, string>()));
        }
    }

    static async Task<IResult> GetAsync(string run, long? after, CokeClient client, CancellationToken cancellation)
    {
        var status = await client.GetStatusAsync(run, cancellation);
        return Words(after is { } stamp && status.Stamp <= stamp ? await client.WaitForChangeAsync(status, cancellation) : status);
    }

    // Once it was begun it goes on: whoever hangs up has it deleted all the same.
    static async Task<IResult> DeleteAsync(string run, CokeClient client, KnownRuns runs)
    {
        await client.DeleteRunAsync(run, run, CancellationToken.None);
        runs.Forget(run);
        return Results.NoContent();
    }

    static async Task<IResult> RestoreAsync(string run, int attempt, CokeClient client, CancellationToken cancellation) =>
        Words(await client.RestoreRunAsync(run, attempt, cancellation));

    static async Task<IResult> ReportAsync(string run, int epoch, CokeClient client, CancellationToken cancellation) =>
        Words(await client.GetEpochReportAsync(run, epoch, cancellation));

    static async Task<RunSpecification> ReadFormAsync(HttpRequest request)
    {
        var form = await ReadFormOrRefuseAsync(request);
        string[] fields = [.. form.Keys, .. form.Files.Select(file => file.Name)];
        if (fields.FirstOrDefault(field => field is not Specification and not Centers) is { } strange)
            throw new InvalidRequestException(
                strange,
                "form",
                $"The form has a field '{strange}': send '{Specification}', and '{Centers}' for every head."
            );
        if (form.ContainsKey(Centers))
            throw new InvalidRequestException(Centers, "text", $"The form has '{Centers}' as text: send each as a file, with a file name.");
        var words = form.Files.GetFile(Specification)?.OpenReadStream()
            ?? (form.TryGetValue(Specification, out var json) ? new MemoryStream(System.Text.Encoding.UTF8.GetBytes($"{json}")) : null)
            ?? throw new InvalidRequestException(Specification, "missing", $"The form has no '{Specification}': send it as JSON.");
        await using (words)
        {
            var asked = await ReadAsync(words, request.HttpContext.RequestAborted);
            var files = form.Files.GetFiles(Centers);
            var centers = new FloatValues[files.Count];
            for (var head = 0; head < centers.Length; head++)
                centers[head] = new FloatValues(
                    await BodyArrays.ReadCentersAsync(files[head], $"{Centers}[{head}]", Math.Max(1, asked.Clustering.Dimension))
                );
            return Of(asked, centers.Length == 0 ? null : centers);
        }
    }

    static async Task<IFormCollection> ReadFormOrRefuseAsync(HttpRequest request)
    {
        try
        {
            return await request.ReadFormAsync(
                new FormOptions
                {
                    BufferBodyLengthLimit = LargestForm,
                    MultipartBodyLengthLimit = LargestForm,
                    MemoryBufferThreshold = int.MaxValue, // it has its room; a silo may have no disk to write to
                    ValueLengthLimit = FormWords,
                    ValueCountLimit = 4096,
                },
                request.HttpContext.RequestAborted
            );
        }
        catch (Exception e) when (e is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw new InvalidRequestException("body", "form", $"The form cannot be read: {e.Message.TrimEnd('.')}.", e);
        }
    }

    static async Task<RunRequest> ReadAsync(Stream words, CancellationToken cancellation)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<RunRequest>(words, DoorJson.Options, cancellation)
                ?? throw new InvalidRequestException("body", "null", "The specification is null: send a JSON object.");
        }
        catch (JsonException e)
        {
            throw new InvalidRequestException(e.Path is { Length: > 2 } path ? path[2..] : "body", "text", RequestWords.Sentence(e), e);
        }
    }

    static RunSpecification Of(RunRequest asked, IReadOnlyList<FloatValues>? centers) =>
        new(asked.Name, asked.Clustering, asked.Trainers, centers);

    internal static IResult Words<T>(T value) => Results.Json(value, DoorJson.Options);
}
