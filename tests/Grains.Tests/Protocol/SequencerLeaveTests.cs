using CoKe.Abstractions;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using CoKe.Grains.Sequencing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CoKe.Grains.Tests.Protocol;

public sealed class SequencerLeaveTests
{
    [Fact]
    public async Task Leave_DuringARecoveryThatFails_EndsIt()
    {
        SynchronizationContext.SetSynchronizationContext(null); // what a timer wakes goes on at once
        var time = new HeldTimers();
        var troubles = new List<string?>();
        // Without grains to ask, every recovery fails.
        var sequencer = new Sequencer(
            new SequencedRun(
                "run~1",
                new ActorWorld(null!, null!, null!, time, new Failpoints(), new Silos()),
                new SequencerOptions(),
                NullLogger.Instance
            ),
            new SequencerActivation("owner", "silo", _ => { }, troubles.Add)
        );
        var started = sequencer.StartAsync();
        time.Fire();
        var attempts = troubles.Count(trouble => trouble is not null);
        Assert.True(attempts > 2, "it is tried again");

        sequencer.Leave();
        time.Fire();

        Assert.Equal(attempts, troubles.Count(trouble => trouble is not null));
        Assert.Null(troubles[^1]);
        await Assert.ThrowsAsync<RunRecoveringException>(() => started);
    }

    /// <summary>Timers that end when the test says so.</summary>
    sealed class HeldTimers : TimeProvider
    {
        List<Action> _held = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _held.Add(() => callback(state));
            return new Held();
        }

        public void Fire()
        {
            var due = _held;
            _held = [];
            due.ForEach(fire => fire());
        }

        sealed class Held : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() { }

            public ValueTask DisposeAsync() => default;
        }
    }
}
