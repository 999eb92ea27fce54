using CoKe.ConstrainedKMeans;
using CoKe.Grains.Protocol;

namespace CoKe.Simulation;

/// <summary>What befalls an activation at a failpoint.</summary>
public enum Fate
{
    /// <summary>It passes.</summary>
    Pass,

    /// <summary>Its silo dies there and then.</summary>
    KillSilo,

    /// <summary>It dies alone.</summary>
    Evict,

    /// <summary>It goes on, but the directory forgets it.</summary>
    Split,

    /// <summary>It passes after a random time.</summary>
    Delay,
}

/// <summary>Kills, evicts, splits or delays whoever reaches a named point of the protocol, at random or by script.</summary>
sealed class SimulatedFailpoints(World world) : Failpoints
{
    static readonly Task Never = new TaskCompletionSource().Task;

    readonly SeededRandom _random = world.RandomOf(3);

    /// <summary>Probability of each fate at each point; what is left passes.</summary>
    public IDictionary<Fate, double> Odds { get; } = new SortedDictionary<Fate, double>();

    /// <summary>The longest delay.</summary>
    public TimeSpan LongestDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Decides instead of the odds when it gives a fate: activation, point, how often the point was reached before.</summary>
    public Func<Activation, string, int, Fate?>? Script { get; set; }

    /// <summary>How often each point was reached.</summary>
    public IDictionary<string, int> Reached { get; } = new SortedDictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Passes everywhere from now on.</summary>
    public bool IsCalm { get; set; }

    public override ValueTask Reach(string point)
    {
        var here = world.Current ?? throw new InvalidOperationException($"Failpoint '{point}' was reached outside every activation.");
        if (here.IsDead)
            return new ValueTask(Never);
        var before = Reached.TryGetValue(point, out var n) ? n : 0;
        Reached[point] = before + 1;
        var fate = Script?.Invoke(here, point, before) ?? Draw();
        if (fate != Fate.Pass)
            world.Trace.Add($"at '{point}': {fate}");
        switch (fate)
        {
            case Fate.KillSilo:
                world.Kill(here.Silo);
                return new ValueTask(Never);
            case Fate.Evict:
                here.Evict(Eviction.Abrupt);
                return new ValueTask(Never);
            case Fate.Split:
                here.Split();
                return default;
            case Fate.Delay:
                return new ValueTask(Task.Delay(LongestDelay * _random.NextUniform(), world.Time));
            default:
                return default;
        }
    }

    Fate Draw()
    {
        if (IsCalm || Odds.Count == 0)
            return Fate.Pass;
        var draw = _random.NextUniform();
        foreach (var (fate, odds) in Odds)
        {
            if ((draw -= odds) < 0)
                return fate;
        }

        return Fate.Pass;
    }
}
