using CoKe.ConstrainedKMeans;

namespace CoKe.Simulation;

/// <summary>Why <see cref="World.RunUntil"/> came back.</summary>
public enum Outcome
{
    /// <summary>The condition holds.</summary>
    Done,

    /// <summary>Nothing is left to happen, and the condition does not hold.</summary>
    Idle,

    /// <summary>The virtual time is used up.</summary>
    TimeUp,

    /// <summary>The number of events is used up.</summary>
    EventsUp,
}

/// <summary>
/// Silos, clients, network, storage and time of one simulated run, all drawn from one seed. Everything happens on the thread that calls
/// <see cref="RunUntil"/>, one event after the other, so the same seed gives the same run.
/// </summary>
public sealed partial class World
{
    readonly EventQueue _events = new();
    Exception? _broken;
    int _thread;
    bool _inEvent;

    /// <param name="seed">Of everything random.</param>
    /// <param name="trace">Whether lines are kept from the start.</param>
    public World(int seed, bool trace = false)
    {
        Seed = seed;
        Trace = new Trace(this, trace);
        Random = RandomOf(0);
        Time = new VirtualTime(this);
        Kinds = new Kinds(this);
        Directory = new Directory(this);
        Network = new Network(this);
        Storage = new SimulatedStorage(this);
        GrainFactory = new SimulatedGrainFactory(this);
    }

    /// <summary>What this run is drawn from.</summary>
    public int Seed { get; }

    /// <summary>What happened.</summary>
    public Trace Trace { get; }

    /// <summary>Virtual time since the world began.</summary>
    public TimeSpan Now => TimeSpan.FromTicks(_events.Now);

    /// <summary>Events handled.</summary>
    public long Events { get; private set; }

    /// <summary>For scenarios. Network, storage, failpoints and chaos draw from sequences of their own.</summary>
    public SeededRandom Random { get; }

    /// <summary>The clock as production code takes it.</summary>
    public VirtualTime Time { get; }

    /// <summary>The grain kinds of this world.</summary>
    public Kinds Kinds { get; }

    /// <summary>Which activation a grain has.</summary>
    public Directory Directory { get; }

    /// <summary>Carries every call.</summary>
    public Network Network { get; }

    /// <summary>The one storage of all silos.</summary>
    public SimulatedStorage Storage { get; }

    /// <summary>References to grains; the caller is whoever runs at the time of a call.</summary>
    public SimulatedGrainFactory GrainFactory { get; }

    /// <summary>The activation whose turn runs; null between turns.</summary>
    public Activation? Current { get; internal set; }

    /// <summary>Upper bound of the random pause before each turn: above zero, turns of different activations mix in random order.</summary>
    public TimeSpan TurnJitter { get; set; } = TimeSpan.FromMicroseconds(20);

    /// <summary>Asked before each turn of a grain: how long it waits for a thread. Null: never.</summary>
    public Func<Kind, TimeSpan>? Sluggishness { get; set; }

    /// <summary>Called before a request is served, with what it carries: invariants. Gives what to call when its work ends, or
    /// null.</summary>
    public Func<Activation, IReadOnlyList<object?>, Action<Task>?>? Judge { get; set; }

    /// <summary>Called after each event: invariants. An exception ends <see cref="RunUntil"/>.</summary>
    public Action? AfterEachEvent { get; set; }

    /// <summary>A random sequence of its own for one purpose, so that drawing more for one purpose does not change the others.</summary>
    public SeededRandom RandomOf(int purpose) => new(Seed, purpose);

    /// <summary>Has something happen after a time, outside all activations.</summary>
    public void Schedule(TimeSpan after, Action what) => Schedule(after.Ticks, static state => ((Action)state!)(), what);

    internal long Ticks => _events.Now;

    internal void Schedule(long afterTicks, Action<object?> what, object? state) => _events.Add(_events.Now + afterTicks, what, state);

    /// <summary>Handles events until the condition holds, virtual time or number of events is used up, or nothing is left.</summary>
    /// <param name="done">Asked before each event.</param>
    /// <param name="limit">Virtual time from now.</param>
    /// <param name="maxEvents">Events from now.</param>
    public Outcome RunUntil(Func<bool> done, TimeSpan limit, long maxEvents = long.MaxValue)
    {
        if (_inEvent)
            throw new InvalidOperationException("RunUntil was called from inside an event: schedule the work instead.");
        var (context, end, lastEvent) = (
            SynchronizationContext.Current,
            _events.Now + limit.Ticks,
            maxEvents == long.MaxValue ? maxEvents : Events + maxEvents
        );
        SynchronizationContext.SetSynchronizationContext(null); // a captured context would lead continuations out of the world
        _thread = Environment.CurrentManagedThreadId;
        try
        {
            while (true)
            {
                ThrowIfBroken();
                if (done())
                    return Outcome.Done;
                if (!_events.TryPeek(out var time))
                    return Ended(Outcome.Idle);
                if (Events >= lastEvent)
                    return Ended(Outcome.EventsUp);
                if (time > end)
                {
                    _events.AdvanceTo(end);
                    return Ended(Outcome.TimeUp);
                }

                var (run, state) = _events.Take();
                Events++;
                _inEvent = true;
                run(state);
                _inEvent = false;
                AfterEachEvent?.Invoke();
            }
        }
        finally
        {
            _inEvent = false;
            Current = null;
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Ends the run with this error at the end of the current event.</summary>
    public void Break(Exception error)
    {
        Interlocked.CompareExchange(ref _broken, error, null);
        Trace.Add($"broken: {error.Message}");
    }

    /// <summary>Refuses code that runs outside its actor: it would be neither deterministic nor mortal.</summary>
    internal void CheckPlace(string what)
    {
        CheckThread(what);
        if (_inEvent && (Current is null || TaskScheduler.Current != Current.Scheduler))
            Escaped($"{what} ran outside the scheduler of '{Current?.Name ?? "nobody"}'");
    }

    /// <summary>As <see cref="CheckPlace"/>, thread only: the one that ran the world last.</summary>
    internal void CheckThread(string what)
    {
        if (_thread != 0 && Environment.CurrentManagedThreadId != _thread)
            Escaped($"{what} ran on a thread of the pool");
    }

    /// <summary>Work that went astray on the thread pool is the likely reason why the end was not reached: it gets the time to show
    /// itself.</summary>
    Outcome Ended(Outcome outcome)
    {
        for (var i = 0; i < 100 && _broken is null && (i < 5 || ThreadPool.PendingWorkItemCount > 0); i++)
            Thread.Sleep(10);
        ThrowIfBroken();
        return outcome;
    }

    void Escaped(string what)
    {
        var error = new EscapedException(what, Environment.StackTrace);
        Interlocked.CompareExchange(ref _broken, error, null);
        throw error;
    }

    /// <summary>Throws what broke the run, also after its end.</summary>
    public void ThrowIfBroken()
    {
        if (Volatile.Read(ref _broken) is { } broken)
            throw broken is EscapedException ? broken : new InvalidOperationException(broken.Message, broken);
    }
}

/// <summary>Simulated code left its actor.</summary>
public sealed class EscapedException(string what, string where)
    : Exception(
        $"{what}: look for ConfigureAwait(false), SuppressThrowing without ContinueOnCapturedContext, Task.Run, CancelAsync, "
            + "or WaitAsync/WhenAll/WhenAny over a "
            + $"TaskCompletionSource with RunContinuationsAsynchronously (those complete on the thread pool).\n{where}"
    );
