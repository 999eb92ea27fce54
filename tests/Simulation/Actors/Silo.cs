namespace CoKe.Simulation;

/// <summary>One incarnation of a process with its activations.</summary>
public sealed class Silo
{
    readonly Dictionary<Type, object> _services = [];
    readonly List<Activation> _activations = [];
    readonly List<Call> _calls = [];
    int _callLimit = 64;
    long _pausedUntil;

    internal Silo(World world, int number, int incarnation, string? client)
    {
        (World, Number, Incarnation, IsClient, Started) = (world, number, incarnation, client is not null, world.Now);
        Name = client is null ? $"S{number}.{incarnation}" : $"C{number}";
    }

    /// <summary>Where it belongs.</summary>
    public World World { get; }

    /// <summary>From 0; silos and clients count apart.</summary>
    public int Number { get; }

    /// <summary>How often it was started before.</summary>
    public int Incarnation { get; }

    /// <summary>When it joined.</summary>
    public TimeSpan Started { get; }

    /// <summary>For traces.</summary>
    public string Name { get; }

    /// <summary>Whether it is a client: no grains are placed here.</summary>
    public bool IsClient { get; }

    /// <summary>Killed, or stopped.</summary>
    public bool IsDead { get; private set; }

    /// <summary>Held for dead by the others.</summary>
    public bool IsExpelled { get; internal set; }

    /// <summary>On its way out.</summary>
    public bool IsStopping { get; internal set; }

    /// <summary>Living activations, oldest first.</summary>
    public IReadOnlyList<Activation> Activations => _activations;

    internal Action? WhenEmpty { get; set; }

    /// <summary>Ticks until a pause ends; 0 without one.</summary>
    internal long PausedTicks => Math.Max(0, _pausedUntil - World.Ticks);

    /// <summary>The one instance of a type in this process, as a singleton of its service container.</summary>
    public T Service<T>(Func<T>? create = null)
        where T : class
    {
        if (!_services.TryGetValue(typeof(T), out var service))
            _services[typeof(T)] = service = (create ?? Activator.CreateInstance<T>)();
        return (T)service;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal void PauseUntil(long ticks) => _pausedUntil = Math.Max(_pausedUntil, ticks);

    internal void Resume() => _pausedUntil = 0;

    internal void Add(Activation activation) => _activations.Add(activation);

    internal void Remove(Activation activation)
    {
        if (IsDead)
            return;
        _activations.Remove(activation);
        if (_activations.Count == 0)
            WhenEmpty?.Invoke();
    }

    internal void Die()
    {
        IsDead = true;
        foreach (var activation in _activations)
            activation.Die();
        _activations.Clear();
    }

    /// <summary>Remembers a call on its way to this silo, so that it can fail when the silo is found dead.</summary>
    internal void Expect(Call call)
    {
        if (_calls.Count >= _callLimit)
        {
            _calls.RemoveAll(static c => c.IsCompleted);
            _callLimit = Math.Max(64, 2 * _calls.Count);
        }

        _calls.Add(call);
    }

    internal Call[] TakeOpenCalls()
    {
        Call[] open = [.. _calls.Where(c => !c.IsCompleted)];
        _calls.Clear();
        return open;
    }
}
