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

    [Fact]
    public async Task EndEpoch_AgainAfterARefusalWasMended_NeedsNoRoomInTheFullWindow()
    {
        var options = new ClusteringOptions
        {
            Dimension = 2,
            ImageCount = 20,
            BatchSize = 1,
            Heads = [new HeadOptions { ClusterCount = 2 }],
        };
        var grains = ScriptedGrains.Create(
            new TrainerRegistration("run~0", 0, 1, new RunSpecification("run", options), new RunLayout(), LeastWindow: 1)
        );
        var session = await TrainerSession.OpenAsync(
            new SessionSurroundings(grains, _ => Task.CompletedTask, int.MaxValue, TimeProvider.System, TaskScheduler.Default),
            "run",
            0,
            "trainer",
            new SessionOptions { Window = Window, Concurrency = 1 }
        );
        for (var i = 0; i < Window - 1; i++)
            await session.PushAsync([i], [1, 0]);
        var end = session.EndEpochAsync();
        var refusal = new Refusal(new BatchIdentity(0, 0, 0, 1), 7, RefusalKind.InvalidImageId, "imageIds", "1", "another rank has it.");
        ((ScriptedGrains)grains).Say(Progress(epoch: 0) with { Refusals = [refusal] });
        await Assert.ThrowsAsync<RefusedBatchException>(() => end.WaitAsync(Patience));
        session.Replace(1, [15], [0, 1]);

        // Nothing is durable yet, so the window is full; the next that is heard of the epoch is its commit.
        end = session.EndEpochAsync();
        ((ScriptedGrains)grains).Say(Progress(epoch: 1));
        Assert.Equal(0, (await end.WaitAsync(Patience)).Epoch);
        await session.DisposeAsync();
    }

    internal static Progress Progress(int epoch) => new(1, 1, 0, epoch, 1, 0, 0, [], 0, 0);

    /// <summary>A run and its sequencer, which answers each poll with what the test says next.</summary>
    public class ScriptedGrains : DispatchProxy
    {
        readonly System.Threading.Channels.Channel<Progress> _polls = System.Threading.Channels.Channel.CreateUnbounded<Progress>();
        TrainerRegistration? _registration;

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
                ? Scripted.Create(method.ReturnType, _polls.Reader, _registration!)
                : throw new NotSupportedException(method.Name);
    }

    /// <summary>One grain of it.</summary>
    public class Scripted : DispatchProxy
    {
        System.Threading.Channels.ChannelReader<Progress>? _polls;
        TrainerRegistration? _registration;

        public static object Create(
            Type contract,
            System.Threading.Channels.ChannelReader<Progress> polls,
            TrainerRegistration registration
        )
        {
            var grain = Create(contract, typeof(Scripted));
            (((Scripted)grain)._polls, ((Scripted)grain)._registration) = (polls, registration);
            return grain;
        }

        protected override object? Invoke(MethodInfo? method, object?[]? arguments) =>
            method!.Name switch
            {
                nameof(IRunGrain.GetGenerationAsync) => Task.FromResult(0),
                nameof(IRunGrain.RegisterTrainerAsync) => Task.FromResult(_registration!),
                nameof(ISequencerGrain.PollAsync) => _polls!.ReadAsync().AsTask(),
                nameof(ISequencerGrain.GetEpochReportAsync) => Task.FromResult(new EpochReport((int)arguments![0]!, 0, 0, 1, [])),
                _ => throw new NotSupportedException(method.Name),
            };
    }
}
