namespace CoKe.Simulation;

/// <summary>Which activation each grain has, and which forgotten ones still run.</summary>
public sealed class Directory(World world)
{
    readonly Dictionary<(Kind, string), Activation> _current = [];
    readonly Dictionary<(Kind, string), List<Activation>> _zombies = [];

    /// <summary>The activation that the directory names, perhaps on a silo that is dead but not found dead yet.</summary>
    public Activation? Find<TContract>(string key)
        where TContract : IGrainWithStringKey => _current.GetValueOrDefault((world.Kinds.Of(typeof(TContract)), key));

    /// <summary>Living activations, zombies too, by silo and age; of one kind, or of all.</summary>
    public IEnumerable<Activation> Living(Kind? kind = null) =>
        world.Silos.SelectMany(silo => silo.Activations).Where(a => a.Kind is not null && (kind is null || a.Kind == kind));

    /// <summary>Who gets a message that leaves now; null when no silo can take a new activation.</summary>
    internal Activation? Resolve(Kind kind, string key, Silo? from, string? home)
    {
        if (_current.TryGetValue((kind, key), out var activation))
        {
            return StaleRoute(kind, key, from) ?? activation;
        }

        if (world.LiveSilos.Count == 0)
            return null;
        return _current[(kind, key)] = world.NewActivation(kind, key, home);
    }

    /// <summary>The youngest activation of a grain that the directory forgot and that still runs.</summary>
    internal Activation? FindForgotten(Kind kind, string key) =>
        _zombies.GetValueOrDefault((kind, key))?.FindLast(static zombie => !zombie.IsDead && !zombie.IsClosed);

    internal void Forget(Activation activation)
    {
        var id = (activation.Kind!, activation.Key);
        if (_current.TryGetValue(id, out var current) && current == activation)
            _current.Remove(id);
        if (activation.Silo.IsDead)
            return;
        if (!_zombies.TryGetValue(id, out var zombies))
            _zombies[id] = zombies = [];
        zombies.Add(activation);
    }

    /// <summary>The cluster has found a silo dead: its grains are free, and calls that wait for it fail, or are left to time out.</summary>
    internal void Bury(Silo silo)
    {
        world.Trace.Add($"{silo.Name} is found dead");
        // Removal only: the dictionary's order plays no part.
        foreach (var (id, activation) in _current.Where(pair => pair.Value.Silo == silo).ToList())
        {
            if (silo.IsDead)
                _current.Remove(id);
            else
                activation.Leave();
        }

        foreach (var call in silo.TakeOpenCalls())
            world.Network.FailBySiloDeath(call, silo);
    }

    /// <summary>A caller with an old directory cache still reaches a zombie; one on the zombie's own silo, which knows of nothing, nearly
    /// always.</summary>
    Activation? StaleRoute(Kind kind, string key, Silo? from)
    {
        if (_zombies.Count == 0 || !_zombies.TryGetValue((kind, key), out var zombies))
            return null;
        zombies.RemoveAll(static zombie => zombie.IsDead || zombie.IsClosed);
        if (zombies.Count == 0)
        {
            _zombies.Remove((kind, key));
            return null;
        }

        var stale = world.Network.Faults.StaleRoute;
        if (
            stale > 0
            && from is not null
            && zombies.FindLast(zombie => zombie.Silo == from) is { } neighbor
            && world.Network.Happens(Math.Max(stale, world.Network.Faults.StaleNeighbor))
        )
            return neighbor;
        return world.Network.Happens(stale) ? zombies[^1] : null;
    }
}
