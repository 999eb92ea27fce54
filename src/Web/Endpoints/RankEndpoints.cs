using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Streams;
using CoKe.Web.Arrays;
using CoKe.Web.Guards;
using CoKe.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace CoKe.Web.Endpoints;

/// <summary>The generation of a rank's present trainer.</summary>
/// <param name="Generation">0: none has come yet.</param>
public sealed record RankAnswer(int Generation);

/// <summary>A trainer that takes a rank.</summary>
/// <param name="Trainer">A name that no other trainer has ever had.</param>
/// <param name="After">The generation that it replaces.</param>
/// <param name="World">How many trainers it believes that there are; null: it does not say.</param>
public sealed record RankRequest(string Trainer, int After, int? World = null);

/// <summary>A trainer's admission to a rank.</summary>
/// <param name="RunId">The run's id.</param>
/// <param name="Rank">The rank.</param>
/// <param name="Generation">Its generation; a later one fences this one.</param>
/// <param name="LeastWindow">Mini-batches that the trainer must be able to keep.</param>
/// <param name="MostWindow">Mini-batches that the silos file out of order.</param>
/// <param name="LargestMessage">Bytes of a mini-batch at most: 4 for each id and for each value.</param>
/// <param name="SoftLabelSlots">Labels that one soft label holds at most.</param>
/// <param name="Specification">The run.</param>
public sealed record Registration(
    string RunId,
    int Rank,
    int Generation,
    int LeastWindow,
    int MostWindow,
    int LargestMessage,
    int SoftLabelSlots,
    RunSpecification Specification
);

/// <summary>What a trainer learns by polling.</summary>
/// <param name="Generation">The generation that asked, which has the rank.</param>
/// <param name="Stamp">Grows with every change.</param>
/// <param name="Incarnation">A new one asks every trainer to send again from its watermark.</param>
/// <param name="Attempt">A new one asks every trainer to reload its boundary's state.</param>
/// <param name="Epoch">The open epoch.</param>
/// <param name="CommittedIncarnation">Names the commit of the epoch before.</param>
/// <param name="NextExpected">The rank's next sequence that has not come.</param>
/// <param name="DurableWatermark">Sequences below this one are durable.</param>
/// <param name="Processed">Sequences below this one are processed.</param>
/// <param name="Step">The last global step that is processed.</param>
/// <param name="Refusals">Open refusals of this rank's mini-batches.</param>
public sealed record ProgressAnswer(
    int Generation,
    long Stamp,
    int Incarnation,
    int Attempt,
    int Epoch,
    int CommittedIncarnation,
    long NextExpected,
    long DurableWatermark,
    long Processed,
    long Step,
    IReadOnlyList<RefusalAnswer> Refusals
);

/// <summary>A mini-batch that the run's sequencer refused.</summary>
/// <param name="Rank">Of the refused one.</param>
/// <param name="Epoch">Of the refused one.</param>
/// <param name="Attempt">Of the refused one.</param>
/// <param name="Sequence">Of the refused one.</param>
/// <param name="ContentHash">Tells it from what took its place; 64 bits in hexadecimal.</param>
/// <param name="Kind">Which rule was broken.</param>
/// <param name="Field">What was wrong.</param>
/// <param name="Value">Its value.</param>
/// <param name="Message">One sentence with the remedy.</param>
public sealed record RefusalAnswer(
    int Rank,
    int Epoch,
    int Attempt,
    long Sequence,
    string ContentHash,
    RefusalKind Kind,
    string Field,
    string Value,
    string Message
);

/// <summary>What became of a mini-batch that was taken.</summary>
/// <param name="Room">Whether there is room for the next one at once.</param>
public sealed record TakenAnswer(bool Room);

/// <summary>Trainers: they take a rank, feed it, and ask how far it is.</summary>
static class RankEndpoints
{
    // Ids are half as wide on the streams as in bodies, so that a body is larger than its message.
    const long LargestBatch = 2L * (64 << 20);

    // A run that was asleep, or goes back to its boundary for the new trainer, is live again in moments.
    static readonly Retry Heard = new(Tries: 25, TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(400));

    public static void Map(IEndpointRouteBuilder run)
    {
        var rank = run.MapGroup("ranks/{rank}");
        rank.MapGet("", GetAsync).Produces<RankAnswer>().WithSummary("The generation of a rank's present trainer.");
        rank.MapPost("", OpenAsync)
            .Produces<Registration>()
            .WithSummary("Takes a rank, in the place of the generation that is named; repeated by the same trainer it changes nothing.");
        rank.MapGet("progress", PollAsync)
            .Produces<ProgressAnswer>()
            .WithSummary("How far the rank is, at once where the stamp is old, else at the next change or after about a second.");
        var attempt = rank.MapGroup("epochs/{epoch}/attempts/{attempt}");
        attempt
            .MapPut("batches/{n}", PushAsync)
            .Accepts<byte[]>(BodyArrays.Raw, BodyArrays.Npy)
            .Produces<TakenAnswer>(StatusCodes.Status202Accepted)
            .WithMetadata(new BodyLimit(LargestBatch))
            .WithSummary("One mini-batch of a rank: r ids, then r x d embeddings. 202: taken; 429 and 503: not taken.");
        attempt
            .MapPut("end", EndAsync)
            .Produces<TakenAnswer>(StatusCodes.Status202Accepted)
            .WithSummary("The end of a rank's epoch, after so many mini-batches. 202: taken; 429 and 503: not taken.");
    }

    static async Task<IResult> GetAsync(string run, int rank, IGrainFactory grains) =>
        RunEndpoints.Words(new RankAnswer(await RunOf(grains, run).GetGenerationAsync(rank, run)));

    static async Task<IResult> OpenAsync(
        string run,
        int rank,
        RankRequest asked,
        KnownRuns runs,
        IGrainFactory grains,
        IOptions<QueueStreamOptions> streams,
        CancellationToken cancellation
    )
    {
        if (asked.Trainer.Length is < 8 or > 128)
            throw new InvalidRequestException(
                "trainer",
                $"{asked.Trainer.Length} characters",
                "A trainer's name has 8 to 128 characters: give one that no other trainer has ever had."
            );
        var known = await runs.GetAsync(run, cancellation);
        if (asked.World is { } world && world != known.Specification.Trainers)
            throw new InvalidOptionsException(
                "world",
                $"{world}",
                $"The run was created for {known.Specification.Trainers} trainers: start as many, or create a run for {world}."
            );
        var taken = await RunOf(grains, run).RegisterTrainerAsync(rank, asked.Trainer, asked.After, run);
        // What it sends before the run hears of it would be dropped as a stranger's.
        await Heard.CallAsync(
            () => HearAsync(run, rank, taken.Generation, after: 0, grains, cancellation),
            e => e is RunRecoveringException,
            TimeProvider.System,
            cancellation
        );
        return RunEndpoints.Words(
            new Registration(
                taken.RunId,
                taken.Rank,
                taken.Generation,
                taken.LeastWindow,
                ISequencerGrain.ReorderCapacity,
                streams.Value.MaxMessageBytes,
                taken.Specification.Clustering.SoftLabelSlots,
                taken.Specification
            )
        );
    }

    static async Task<IResult> PollAsync(
        string run,
        int rank,
        int generation,
        long? after,
        KnownRuns runs,
        IGrainFactory grains,
        CancellationToken cancellation
    )
    {
        await CheckRankAsync(run, rank, runs, cancellation);
        var news = await HearAsync(run, rank, generation, after ?? 0, grains, cancellation);
        return RunEndpoints.Words(
            new ProgressAnswer(
                generation,
                news.Stamp,
                news.Incarnation,
                news.Attempt,
                news.Epoch,
                news.CommittedIncarnation,
                news.NextExpected,
                news.DurableWatermark,
                news.Processed,
                news.Step,
                [.. news.Refusals.Select(Of)]
            )
        );
    }

    static Task<Progress> HearAsync(
        string run,
        int rank,
        int generation,
        long after,
        IGrainFactory grains,
        CancellationToken cancellation
    ) =>
        HeardAsync(
            run,
            rank,
            generation,
            grains,
            () => grains.GetGrain<ISequencerGrain>(run).PollAsync(rank, generation, after),
            cancellation
        );

    /// <summary>What the run answers to a trainer; whoever hangs up does not hear it.</summary>
    internal static async Task<T> HeardAsync<T>(
        string run,
        int rank,
        int generation,
        IGrainFactory grains,
        Func<Task<T>> call,
        CancellationToken cancellation
    )
    {
        try
        {
            var answer = call();
            answer.Ignore();
            return await answer.WaitAsync(cancellation);
        }
        catch (RunRecoveringException)
        {
            // The run may be waiting for a trainer of that generation, who was never admitted.
            if (generation > await RunOf(grains, run).GetGenerationAsync(rank, run))
                throw Unheard(generation);
            throw;
        }
    }

    static async Task<IResult> PushAsync(
        string run,
        int rank,
        int epoch,
        int attempt,
        long n,
        int generation,
        HttpRequest request,
        KnownRuns runs,
        QueueProducer streams,
        IOptions<QueueStreamOptions> limits,
        BodyRooms rooms
    )
    {
        var options = (await CheckRankAsync(run, rank, runs, request.HttpContext.RequestAborted)).Clustering;
        var identity = Identity(rank, epoch, attempt, n);
        // Until the stream has it: a silo that does not answer must not gather what nobody takes.
        using var place = rooms.Batches.Take(BodyArrays.Memory(request));
        var (ids, rows) = await BodyArrays.ReadBatchAsync(request, options, limits.Value.MaxMessageBytes);
        EmbeddingCheck.Validate(rows, ids.Length, options.Dimension, options.Views);
        ImageIdCheck.Validate(ids, options.ImageCount);
        return await SendAsync(
            streams,
            new MiniBatch(run, identity, Generation(generation), options.Views, new IntValues(ids), new FloatValues(rows), null)
        );
    }

    static async Task<IResult> EndAsync(
        string run,
        int rank,
        int epoch,
        int attempt,
        int generation,
        long count,
        KnownRuns runs,
        QueueProducer streams,
        CancellationToken cancellation
    )
    {
        var options = (await CheckRankAsync(run, rank, runs, cancellation)).Clustering;
        var identity = Identity(rank, epoch, attempt, NotNegative("count", count));
        return await SendAsync(
            streams,
            new MiniBatch(run, identity, Generation(generation), options.Views, new IntValues([]), new FloatValues([]), count)
        );
    }

    // Sent to its end whoever hangs up: what is not known to be taken is sent again, and counts once.
    static async Task<IResult> SendAsync(QueueProducer streams, MiniBatch message) =>
        await streams.OfferAsync(EmbeddingStreams.OfRun(message.RunId), message) switch
        {
            Admittance.Full => throw new TooBusyException(
                $"The stream of run '{message.RunId}' is full, and has not taken it: send it again a little later."
            ),
            var taken => Results.Json(
                new TakenAnswer(taken == Admittance.Room),
                DoorJson.Options,
                statusCode: StatusCodes.Status202Accepted
            ),
        };

    internal static async ValueTask<RunSpecification> CheckRankAsync(string run, int rank, KnownRuns runs, CancellationToken cancellation)
    {
        var specification = (await runs.GetAsync(run, cancellation)).Specification;
        return rank >= 0 && rank < specification.Trainers
            ? specification
            : throw new UnknownPartException("rank", rank, specification.Trainers);
    }

    static BatchIdentity Identity(int rank, int epoch, int attempt, long sequence) =>
        new(rank, (int)NotNegative("epoch", epoch), (int)NotNegative("attempt", attempt), NotNegative("n", sequence));

    static int Generation(int generation) => generation > 0 ? generation : throw Unheard(generation);

    static InvalidRequestException Unheard(int generation) =>
        new("generation", $"{generation}", $"No trainer has generation {generation}: give that of the registration.");

    static long NotNegative(string field, long value) =>
        value >= 0 ? value : throw new InvalidRequestException(field, $"{value}", $"{field} is {value}: it counts from 0.");

    static RefusalAnswer Of(Refusal refusal) =>
        new(
            refusal.Identity.Rank,
            refusal.Identity.Epoch,
            refusal.Identity.Attempt,
            refusal.Identity.Sequence,
            $"{refusal.ContentHash:x16}",
            refusal.Kind,
            refusal.Field,
            refusal.Value,
            refusal.Message
        );

    static IRunGrain RunOf(IGrainFactory grains, string runId) => grains.GetGrain<IRunGrain>(Keys.RunName(runId));
}
