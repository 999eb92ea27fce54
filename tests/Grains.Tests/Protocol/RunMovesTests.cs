using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using CoKe.Grains.Sequencing;
using Microsoft.Extensions.Logging;

namespace CoKe.Grains.Tests.Protocol;

public sealed class RunMovesTests
{
    [Fact]
    public async Task Watch_OfALookThatFails_IsToldAndTriedAgain()
    {
        SynchronizationContext.SetSynchronizationContext(null); // what a timer wakes goes on at once
        var (silos, log) = (new HiddenSilos(), new Lines());
        var prepared = new PreparedRun("silo") { Silos = silos };
        var run = new SequencedRun(prepared.RunId, prepared.World, new SequencerOptions(), log);
        var restored = new RestoredRun(
            prepared.Description,
            new ManifestRow(prepared.World, prepared.RunId),
            prepared.Manifest,
            prepared.Pipeline(),
            new SeenImages(16),
            LastReport: null
        );
        var activation = new SequencerActivation("owner", "silo", _ => { }, _ => { });
        var homes = new Homes(silos);
        var live = new LiveRun(run, restored, new InFlight(), new ChangeSignal());
        var watching = new RunMoves(run, activation, new Incarnations(run, activation, homes), homes).WatchAsync(live);

        Assert.Contains("could not look where it should live, failure 1 here: nobody can be seen", Assert.Single(log.Written));
        var looks = silos.Looks;
        prepared.Time.Advance(GrainTimes.SiloGlance);
        Assert.True(silos.Looks > looks);
        live.Abandon();
        await watching;
    }

    sealed class HiddenSilos : Silos
    {
        public int Looks { get; private set; }

        public override IReadOnlyCollection<string> Active
        {
            get
            {
                Looks++;
                throw new InvalidOperationException("nobody can be seen");
            }
        }
    }

    sealed class Lines : ILogger
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Written.Add(formatter(state, exception));
    }
}
