namespace CoKe.Simulation;

/// <summary>How an activation ends.</summary>
public enum Eviction
{
    /// <summary>Running requests end, the hook runs, waiting requests go to the next activation.</summary>
    Graceful,

    /// <summary>Dead at once: running requests never answer, the hook does not run.</summary>
    Abrupt,

    /// <summary>As graceful, but work that no request waits for goes on in the old object, as Orleans lets it.</summary>
    Lingering,
}

/// <summary>One hosted object with its own single-threaded scheduler. A client process is an activation without a kind.</summary>
public sealed partial class Activation
{
    readonly ActivationScheduler _scheduler;
    string? _name;

    internal Activation(World world, Silo silo, Kind? kind, string key, int number)
    {
        (World, Silo, Kind, Key, Number) = (world, silo, kind, key, number);
        _scheduler = new ActivationScheduler(this);
        silo.Add(this);
    }

    /// <summary>Where it belongs.</summary>
    public World World { get; }

    /// <summary>Its process.</summary>
    public Silo Silo { get; }

    /// <summary>Its grain kind; null for a client.</summary>
    public Kind? Kind { get; }

    /// <summary>Its grain's key.</summary>
    public string Key { get; }

    /// <summary>Counts the activations of the world.</summary>
    public int Number { get; }

    /// <summary>For traces: kind/key#number@silo.</summary>
    public string Name => _name ??= $"{(Kind is null ? "" : Kind.Name + "/")}{Key}#{Number}@{Silo.Name}";

    /// <summary>Its grain's identity.</summary>
    public GrainId GrainId => Kind?.IdOf(Key) ?? GrainId.Create("client", Key);

    /// <summary>The hosted object; null before its first turn.</summary>
    public object? Core { get; private set; }

    /// <summary>Nothing of it runs any more.</summary>
    public bool IsDead { get; private set; }

    /// <summary>It runs, but the directory does not know it (any more).</summary>
    public bool IsZombie { get; private set; }

    /// <summary>Requests that have started and not ended.</summary>
    public int RunningRequests => _running;

    /// <summary>Runs its turns; TaskScheduler.Current inside them.</summary>
    public TaskScheduler Scheduler => _scheduler;

    /// <summary>For posting turns, as IGrainContext.Scheduler.</summary>
    public IWorkItemScheduler WorkItems => _scheduler;

    /// <summary>Starts asynchronous work on this activation.</summary>
    public Task Run(Func<Task> work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.None, _scheduler).Unwrap();

    /// <inheritdoc cref="Run(Func{Task})"/>
    public Task<T> Run<T>(Func<Task<T>> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.None, _scheduler).Unwrap();

    /// <summary>Idle collection, migration or a crash of one activation. Later calls go to a new one.</summary>
    public void Evict(Eviction how)
    {
        if (IsDead || Kind is null || (_eviction is not null && how != Eviction.Abrupt))
            return; // sudden death overtakes a slow one
        World.Trace.Add($"{Name} evicted, {how}");
        if (how == Eviction.Abrupt)
        {
            Leave();
            Die();
            Silo.Remove(this);
            return;
        }

        _eviction = how;
        Pump();
    }

    /// <summary>The directory forgets it; it lives on beside its successor.</summary>
    public void Split()
    {
        if (IsDead || IsZombie || Kind is null)
            return;
        World.Trace.Add($"{Name} split");
        Leave();
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal void Leave()
    {
        if (IsZombie || Kind is null)
            return;
        IsZombie = true;
        World.Directory.Forget(this);
    }

    internal void Die()
    {
        IsDead = true;
        _scheduler.Clear();
    }
}
