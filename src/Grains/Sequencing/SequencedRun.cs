using CoKe.Abstractions;
using CoKe.Grains.Observation;
using CoKe.Grains.Protocol;
using Microsoft.Extensions.Logging;

namespace CoKe.Grains.Sequencing;

/// <summary>The run of a sequencer and the world that it lives in.</summary>
/// <param name="RunId">The run.</param>
/// <param name="World">The world.</param>
/// <param name="Options">The pace.</param>
/// <param name="Log">Where to log.</param>
sealed record SequencedRun(string RunId, ActorWorld World, SequencerOptions Options, ILogger Log)
{
    public string Name => Keys.RunName(RunId);

    /// <summary>What is said of the run to whoever measures.</summary>
    public RunMeter Meter { get; } = new(World.Meter, Keys.RunName(RunId));

    public IRunGrain Grain => World.Grains.GetGrain<IRunGrain>(Name);

    /// <summary>What the run's own row says at the moment.</summary>
    /// <exception cref="UnknownRunException">There is no such run any more.</exception>
    public Task<RunDescription> DescribeAsync() =>
        // The grain of a name that no run has leaves after every answer, and a message that comes too often to one that goes is sent back.
        GrainTimes.RunQuestion.CallAsync(() => Grain.DescribeAsync(RunId), e => e is OrleansMessageRejectionException, World.Time);
}

/// <summary>One activation of a sequencer, as its host gives it.</summary>
/// <param name="Owner">Names it; unlike any other's.</param>
/// <param name="Silo">Where it lives.</param>
/// <param name="Leave">Ends it; its successor is made on the silo that is named, or where it is needed.</param>
/// <param name="ReportTrouble">Told what hinders the run, or null when nothing does any more.</param>
sealed record SequencerActivation(string Owner, string Silo, Action<string?> Leave, Action<string?> ReportTrouble);
