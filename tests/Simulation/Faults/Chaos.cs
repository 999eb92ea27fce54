using CoKe.ConstrainedKMeans;

namespace CoKe.Simulation;

/// <summary>One kind of trouble.</summary>
public enum Trouble
{
    /// <summary>A random silo dies; it is started again after the duration.</summary>
    KillSilo,

    /// <summary>A random silo stops gracefully; it is started again after the duration.</summary>
    StopSilo,

    /// <summary>Another silo joins, and stays.</summary>
    JoinSilo,

    /// <summary>A random silo is held for dead; it learns of it after the duration, dies and is started again.</summary>
    ExpelSilo,

    /// <summary>A random silo stands still.</summary>
    PauseSilo,

    /// <summary>A random activation is evicted, in a random way.</summary>
    Evict,

    /// <summary>The directory forgets a random activation, which lives on.</summary>
    Split,

    /// <summary>Every storage operation fails.</summary>
    StorageDown,

    /// <summary>Every write fails.</summary>
    StorageFull,

    /// <summary>Storage as <see cref="ChaosOptions.StorageStorm"/>.</summary>
    StorageStorm,

    /// <summary>Network as <see cref="ChaosOptions.NetworkStorm"/>.</summary>
    NetworkStorm,

    /// <summary>Nothing passes between a random silo and everybody else.</summary>
    Partition,
}

/// <summary>What may happen, how often and for how long.</summary>
public sealed record ChaosOptions
{
    /// <summary>When everything is healed.</summary>
    public TimeSpan Until { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The mean time between two troubles.</summary>
    public TimeSpan MeanInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The mean duration of a trouble that lasts.</summary>
    public TimeSpan MeanDuration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How likely each trouble is, relative to the others. What is missing does not happen.</summary>
    public IReadOnlyDictionary<Trouble, double> Weights { get; init; } = Enum.GetValues<Trouble>().ToDictionary(t => t, _ => 1.0);

    /// <summary>Kinds that may be evicted or split, by name; null: all.</summary>
    public IReadOnlySet<string>? Kinds { get; init; }

    /// <summary>The network between storms.</summary>
    public Faults Network { get; init; } = Faults.Rough;

    /// <summary>The network in a storm.</summary>
    public Faults NetworkStorm { get; init; } = Faults.Rough with { LoseRequest = 0.2, LoseReply = 0.2, Duplicate = 0.2, LongDelay = 0.1 };

    /// <summary>Storage between storms.</summary>
    public StorageFaults Storage { get; init; } = StorageFaults.Rough;

    /// <summary>Storage in a storm.</summary>
    public StorageFaults StorageStorm { get; init; } =
        StorageFaults.Rough with
        {
            Fail = 0.15,
            LoseAnswer = 0.15,
            LandLate = 0.15,
            Slow = 0.2,
        };
}

/// <summary>One planned trouble. Its seed picks the victim, so taking other acts out of a plan does not change this one.</summary>
public sealed record ChaosAct(TimeSpan At, Trouble Trouble, TimeSpan Duration, int Seed);

/// <summary>Carries out a plan of troubles drawn from the world's seed, then heals everything.</summary>
public sealed class Chaos
{
    const int MostSilos = 5;

    readonly World _world;
    readonly ChaosOptions _options;
    readonly HashSet<Silo> _isolated = [];
    readonly Dictionary<Trouble, int> _lasting = [];

    /// <summary>Draws a plan and starts it.</summary>
    /// <param name="plan">Instead of drawing one: a plan with acts taken out, to find the ones that matter.</param>
    public Chaos(World world, ChaosOptions options, IReadOnlyList<ChaosAct>? plan = null)
    {
        (_world, _options) = (world, options);
        Plan = plan ?? Draw(world.RandomOf(4), options);
        Weather();
        world.Network.IsCut = (from, to) =>
            _isolated.Count > 0 && from != to && (_isolated.Contains(to) || (from is not null && _isolated.Contains(from)));
        foreach (var act in Plan)
            world.Schedule(act.At, () => Start(act));
        world.Schedule(options.Until, Heal);
    }

    /// <summary>What will happen, by time.</summary>
    public IReadOnlyList<ChaosAct> Plan { get; }

    /// <summary>Whether all is over.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Called when all is healed, for instance to calm failpoints.</summary>
    public Action? OnHealed { get; set; }

    static List<ChaosAct> Draw(SeededRandom random, ChaosOptions options)
    {
        var weights = options.Weights.Where(w => w.Value > 0).OrderBy(w => w.Key).ToArray();
        var plan = new List<ChaosAct>();
        var at = TimeSpan.Zero;
        while (weights.Length > 0 && (at += Exponential(random, options.MeanInterval)) < options.Until)
        {
            var draw = random.NextUniform() * weights.Sum(w => w.Value);
            var trouble = weights.First(w => (draw -= w.Value) < 0 || w.Key == weights[^1].Key).Key;
            plan.Add(new ChaosAct(at, trouble, Exponential(random, options.MeanDuration), random.NextInt32(int.MaxValue)));
        }

        return plan;
    }

    void Start(ChaosAct act)
    {
        var random = new SeededRandom(act.Seed);
        _world.Trace.Add($"chaos: {act.Trouble} for {act.Duration.TotalSeconds:F3} s");
        switch (act.Trouble)
        {
            case Trouble.Evict when PickActivation(random) is { } victim:
                victim.Evict((Eviction)random.NextInt32(3));
                break;
            case Trouble.Split when PickActivation(random) is { } victim:
                victim.Split();
                break;
            case Trouble.StorageDown or Trouble.StorageFull or Trouble.StorageStorm or Trouble.NetworkStorm:
                Last(act, +1);
                _world.Schedule(act.Duration, () => Last(act, -1));
                break;
            case Trouble.JoinSilo when _world.Silos.Count < MostSilos:
                _world.AddSilo();
                break;
            case Trouble.KillSilo
            or Trouble.StopSilo
            or Trouble.ExpelSilo
            or Trouble.PauseSilo
            or Trouble.Partition when _world.LiveSilos.Count > 0:
                Strike(act, _world.LiveSilos[random.NextInt32(_world.LiveSilos.Count)]);
                break;
        }
    }

    void Strike(ChaosAct act, Silo silo)
    {
        switch (act.Trouble)
        {
            case Trouble.KillSilo:
                _world.Kill(silo);
                break;
            case Trouble.StopSilo:
                _world.Stop(silo, act.Duration / 2);
                break;
            case Trouble.ExpelSilo:
                _world.Expel(silo, act.Duration / 2);
                break;
            case Trouble.PauseSilo:
                _world.Pause(silo, act.Duration);
                break;
            default:
                _isolated.Add(silo);
                break;
        }

        _world.Schedule(act.Duration, () =>
        {
            _isolated.Remove(silo);
            _world.Revive(silo);
        });
    }

    void Last(ChaosAct act, int change)
    {
        _lasting[act.Trouble] = _lasting.GetValueOrDefault(act.Trouble) + change;
        Weather();
    }

    void Weather()
    {
        bool Lasts(Trouble trouble) => !IsOver && _lasting.GetValueOrDefault(trouble) > 0;
        _world.Storage.IsAvailable = !Lasts(Trouble.StorageDown);
        _world.Storage.IsFull = Lasts(Trouble.StorageFull);
        _world.Storage.Faults =
            IsOver ? StorageFaults.Calm
            : Lasts(Trouble.StorageStorm) ? _options.StorageStorm
            : _options.Storage;
        _world.Network.Faults =
            IsOver ? Faults.Calm
            : Lasts(Trouble.NetworkStorm) ? _options.NetworkStorm
            : _options.Network;
    }

    void Heal()
    {
        _world.Trace.Add("chaos: healed");
        IsOver = true;
        Weather();
        _isolated.Clear();
        foreach (var silo in _world.Silos.ToArray())
        {
            silo.Resume();
            if (silo.IsExpelled || silo.IsStopping)
                _world.Kill(silo); // what was under way ends now
            _world.Revive(silo);
        }

        OnHealed?.Invoke();
    }

    Activation? PickActivation(SeededRandom random)
    {
        var candidates = _world.Directory.Living().Where(a => _options.Kinds?.Contains(a.Kind!.Name) ?? true).ToArray();
        return candidates.Length == 0 ? null : candidates[random.NextInt32(candidates.Length)];
    }

    static TimeSpan Exponential(SeededRandom random, TimeSpan mean) => mean * -Math.Log(1 - random.NextUniform());
}
