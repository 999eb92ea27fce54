namespace CoKe.Simulation;

/// <summary>Processes come and go.</summary>
public sealed partial class World
{
    readonly List<Silo> _silos = [];
    readonly List<Silo> _live = [];
    int _activations;
    int _clients;

    /// <summary>The present incarnation of every silo, by number, also of dead ones.</summary>
    public IReadOnlyList<Silo> Silos => _silos;

    /// <summary>Silos that may get new activations, by number.</summary>
    public IReadOnlyList<Silo> LiveSilos => _live;

    /// <summary>Where a grain without placement of its own kind goes; null: a random live silo.</summary>
    public Func<Kind, string, IReadOnlyList<Silo>, Silo>? Placement { get; set; }

    /// <summary>What a silo that stops does first, with the others already knowing; null: nothing.</summary>
    public Func<Silo, Task>? OnStopping { get; set; }

    /// <summary>Starts a silo with the next number.</summary>
    public Silo AddSilo()
    {
        _silos.Add(new Silo(this, _silos.Count, 0, null));
        Trace.Add($"{_silos[^1].Name} joins");
        UpdateLive();
        return _silos[^1];
    }

    /// <summary>A process that is no silo: a trainer, a command. It has one activation of its own and dies alone.</summary>
    public Activation AddClient(string name) => new(this, new Silo(this, _clients++, 0, name), null, name, _activations++);

    /// <summary>kill -9: all its activations are dead at once; the others notice later.</summary>
    public void Kill(Silo silo)
    {
        if (silo.IsDead)
            return;
        Trace.Add($"{silo.Name} killed");
        silo.Die();
        UpdateLive();
        if (!silo.IsClient)
            Schedule(Network.DrawDetection().Ticks, static state => ((Silo)state!).World.Directory.Bury((Silo)state), silo);
    }

    /// <summary>Starts a dead silo again, empty, under the same number.</summary>
    public Silo Revive(Silo silo)
    {
        if (!silo.IsDead || silo.IsClient || _silos[silo.Number] != silo)
            return silo;
        _silos[silo.Number] = new Silo(this, silo.Number, silo.Incarnation + 1, null);
        Trace.Add($"{_silos[silo.Number].Name} started");
        UpdateLive();
        return _silos[silo.Number];
    }

    /// <summary>
    /// The others hold a silo for dead that lives: the directory forgets its activations, which go on until the silo learns of its death.
    /// </summary>
    public void Expel(Silo silo, TimeSpan learnsAfter)
    {
        if (silo.IsDead || silo.IsExpelled)
            return;
        Trace.Add($"{silo.Name} expelled");
        silo.IsExpelled = true;
        UpdateLive();
        Directory.Bury(silo);
        Schedule(learnsAfter, () => Kill(silo));
    }

    /// <summary>A graceful stop: no new activations, then the handing over, then every activation is deactivated, then the silo
    /// leaves.</summary>
    public void Stop(Silo silo, TimeSpan patience)
    {
        if (silo.IsDead || silo.IsStopping)
            return;
        Trace.Add($"{silo.Name} stops");
        silo.IsStopping = true;
        UpdateLive();
        Schedule(patience, () => Kill(silo));
        if (OnStopping is null || silo.Activations.Count == 0)
            Deactivate();
        else
            AddClient($"stop of {silo.Name}")
                .Run(() => OnStopping(silo))
                .ContinueWith(
                    _ => Schedule(0, static state => ((Action)state!)(), (Action)Deactivate),
                    TaskContinuationOptions.ExecuteSynchronously
                );

        void Deactivate()
        {
            if (silo.IsDead)
                return;
            foreach (var activation in silo.Activations.ToArray())
                activation.Evict(Eviction.Graceful);
            silo.WhenEmpty = () => Kill(silo);
            if (silo.Activations.Count == 0)
                Kill(silo);
        }
    }

    /// <summary>No turn and no timer of the silo runs for a time; it does not notice.</summary>
    public void Pause(Silo silo, TimeSpan duration)
    {
        Trace.Add($"{silo.Name} paused for {duration.TotalSeconds} s");
        silo.PauseUntil(Ticks + duration.Ticks);
    }

    /// <summary>Runs asynchronous code as a client until it is done; throws what it throws.</summary>
    public void Run(Func<Task> work, TimeSpan limit)
    {
        var task = AddClient("test").Run(work);
        var outcome = RunUntil(() => task.IsCompleted, limit);
        if (outcome != Outcome.Done)
            throw new TimeoutException($"The work did not end: {outcome} at {Now}.");
        task.GetAwaiter().GetResult();
    }

    internal Activation NewActivation(Kind kind, string key, string? home)
    {
        // Who remembers an old place sends there, and a silo makes what it is asked for and does not find.
        var silo =
            _live.Find(live => live.Name == home) is { } wanted && !Network.Happens(Network.Faults.StaleRoute / 3) ? wanted
            : kind.Place is { } place ? place(key, _live)
            : Placement is { } any ? any(kind, key, _live)
            : _live[Network.Random.NextInt32(_live.Count)];
        return new Activation(this, silo, kind, key, _activations++);
    }

    void UpdateLive()
    {
        _live.Clear();
        foreach (var silo in _silos)
        {
            if (silo is { IsDead: false, IsExpelled: false, IsStopping: false })
                _live.Add(silo);
        }
    }
}
