using System.Reflection;
using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Tests.Session;

/// <summary>The end of an epoch against a sequencer that is scripted poll by poll.</summary>
public sealed class EndEpochTests
{
    const int Window = 16;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    static readonly ClusteringOptions _s_options = new()
    {
        Dimension = 2,
        ImageCount = 20,
        BatchSize = 1,
        Heads = [new HeadOptions { ClusterCount = 2 }],
    };

    [Fact]
    public async Task EndEpoch_GivenUpWhileItsReportIsRead_IsRepeated_AndEndsNoOtherEpoch()
    {
        var (grains, session) = await OpenAsync();
        var (asked, report) = (new TaskCompletionSource(), new TaskCompletionSource<EpochReport>());
        var epochs = new List<int>();
        grains.Answer = (method, arguments) =>
        {
            if (method != nameof(ISequencerGrain.GetEpochReportAsync))
                return null;
            epochs.Add((int)arguments[0]!);
            asked.TrySetResult();
            return report.Task;
        };
        await session.PushAsync([0], [1, 0]);
        using var cancellation = new CancellationTokenSource();
        var end = session.EndEpochAsync(cancellation.Token);
        grains.Say(Progress(epoch: 1));
        await asked.Task.WaitAsync(Patience);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => end.WaitAsync(Patience));
        Assert.Equal(0, session.Epoch);
        report.SetResult(new EpochReport(0, 0, 0, 1, []));
        Assert.Equal(0, (await session.EndEpochAsync().WaitAsync(Patience)).Epoch);
        Assert.Equal((1, "0, 0"), (session.Epoch, string.Join(", ", epochs)));
        await session.DisposeAsync();
    }

    [Fact]
    public async Task Labels_AfterAnEndThatWasGivenUp_AreOfTheEpochThatIsCommitted()
    {
        var (grains, session) = await OpenAsync();
        var reads = new List<EpochName>();
        grains.Answer = (method, arguments) =>
        {
            if (method == nameof(ISequencerGrain.GetEpochReportAsync))
                return new TaskCompletionSource<EpochReport>().Task;
            if (method != nameof(IImageShardGrain.ReadAsync))
                return null;
            var epoch = (EpochName)arguments[0]!;
            reads.Add(epoch);
            return epoch == new EpochName(0, 3)
                ? Task.FromResult(new LabelSlice(0, new IntValues([1]), [0], null))
                : Task.FromException<LabelSlice>(new EpochNotReadableException("shard", epoch.Epoch, 0));
        };
        await session.PushAsync([0], [1, 0]);
        await Assert.ThrowsAsync<EpochNotReadableException>(() => session.GetLabelsAsync(new[] { 0 }));
        await GiveUpEndingAsync(session);
        grains.Say(Progress(epoch: 1) with { CommittedIncarnation = 3 });
        await HeardOfAsync(session, epoch: 1);
        Assert.Equal(0, session.Epoch);
        Assert.Equal(0, (await session.GetLabelsAsync(new[] { 0 }).WaitAsync(Patience)).Epoch);
        Assert.Equal([new EpochName(0, 3)], reads);
        await session.DisposeAsync();
    }

    [Fact]
    public async Task EndEpoch_AgainAfterARefusalWasMended_NeedsNoRoomInTheFullWindow()
    {
        var (grains, session) = await OpenAsync();
        for (var i = 0; i < Window - 1; i++)
            await session.PushAsync([i], [1, 0]);
        var end = session.EndEpochAsync();
        var refusal = new Refusal(new BatchIdentity(0, 0, 0, 1), 7, RefusalKind.InvalidImageId, "imageIds", "1", "another rank has it.");
        grains.Say(Progress(epoch: 0) with { Refusals = [refusal] });
        await Assert.ThrowsAsync<RefusedBatchException>(() => end.WaitAsync(Patience));
        session.Replace(1, [15], [0, 1]);

        // Nothing is durable yet, so the window is full; the next that is heard of the epoch is its commit.
        end = session.EndEpochAsync();
        grains.Say(Progress(epoch: 1));
        Assert.Equal(0, (await end.WaitAsync(Patience)).Epoch);
        await session.DisposeAsync();
    }

    static async Task<(ScriptedGrains, TrainerSession)> OpenAsync()
    {
        var grains = ScriptedGrains.Create(
            new TrainerRegistration("run~0", 0, 1, new RunSpecification("run", _s_options), new RunLayout(), LeastWindow: 1)
        );
        var session = await TrainerSession.OpenAsync(
            new SessionWorld(grains, _ => Task.CompletedTask, int.MaxValue, TimeProvider.System, TaskScheduler.Default),
            "run",
            0,
            "trainer",
            new SessionOptions { Window = Window, Concurrency = 1 }
        );
        return ((ScriptedGrains)grains, session);
    }

    static async Task GiveUpEndingAsync(TrainerSession session)
    {
        using var cancellation = new CancellationTokenSource();
        var end = session.EndEpochAsync(cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => end.WaitAsync(Patience));
    }

    // What is asked of an epoch that is not known to be committed is refused at once.
    static async Task HeardOfAsync(TrainerSession session, int epoch)
    {
        for (var began = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(began) < Patience; await Task.Delay(10))
        {
            using var cancellation = new CancellationTokenSource();
            try
            {
                var report = session.GetEpochReportAsync(epoch - 1, cancellation.Token);
                await cancellation.CancelAsync();
                await report;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (EpochNotReadableException) { }
        }
    }

    internal static Progress Progress(int epoch) => new(1, 1, 0, epoch, 1, 0, 0, [], 0, 0);

    /// <summary>A run and its sequencer, which answers each poll with what the test says next.</summary>
    public class ScriptedGrains : DispatchProxy
    {
        readonly System.Threading.Channels.Channel<Progress> _polls = System.Threading.Channels.Channel.CreateUnbounded<Progress>();
        TrainerRegistration? _registration;

        /// <summary>Answers what it knows by the method's name and arguments, before the script does; null: it does not.</summary>
        public Func<string, object?[], object?>? Answer { get; set; }

        public static IGrainFactory Create(TrainerRegistration registration)
        {
            var grains = Create<IGrainFactory, ScriptedGrains>();
            ((ScriptedGrains)grains)._registration = registration;
            ((ScriptedGrains)grains).Say(Progress(epoch: 0));
            return grains;
        }

        public void Say(Progress progress) => _polls.Writer.TryWrite(progress);

        protected override object? Invoke(MethodInfo? method, object?[]? arguments) =>
            method!.Name == nameof(IGrainFactory.GetGrain)
                ? Scripted.Create(method.ReturnType, _polls.Reader, _registration!, (name, arguments) => Answer?.Invoke(name, arguments))
                : throw new NotSupportedException(method.Name);
    }

    /// <summary>One grain of it.</summary>
    public class Scripted : DispatchProxy
    {
        System.Threading.Channels.ChannelReader<Progress>? _polls;
        TrainerRegistration? _registration;
        Func<string, object?[], object?>? _answer;

        public static object Create(
            Type contract,
            System.Threading.Channels.ChannelReader<Progress> polls,
            TrainerRegistration registration,
            Func<string, object?[], object?> answer
        )
        {
            var grain = Create(contract, typeof(Scripted));
            (((Scripted)grain)._polls, ((Scripted)grain)._registration, ((Scripted)grain)._answer) = (polls, registration, answer);
            return grain;
        }

        protected override object? Invoke(MethodInfo? method, object?[]? arguments) =>
            _answer!(method!.Name, arguments!)
            ?? method.Name switch
            {
                nameof(IRunGrain.GetGenerationAsync) => Task.FromResult(0),
                nameof(IRunGrain.RegisterTrainerAsync) => Task.FromResult(_registration!),
                nameof(ISequencerGrain.PollAsync) => _polls!.ReadAsync().AsTask(),
                nameof(ISequencerGrain.GetEpochReportAsync) => Task.FromResult(new EpochReport((int)arguments![0]!, 0, 0, 1, [])),
                _ => throw new NotSupportedException(method.Name),
            };
    }
}
