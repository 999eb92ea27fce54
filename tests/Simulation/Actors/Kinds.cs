namespace CoKe.Simulation;

/// <summary>A grain kind: what is behind one contract.</summary>
public sealed class Kind
{
    readonly GrainType _grainType;

    internal Kind(Type contract, bool reentrant, Func<Activation, string, object> create, string name)
    {
        (Contract, Reentrant, Create, Name) = (contract, reentrant, create, name);
        _grainType = GrainType.Create(name);
    }

    /// <summary>The grain contract.</summary>
    public Type Contract { get; }

    /// <summary>For traces, and the grain type of ids.</summary>
    public string Name { get; }

    /// <summary>Whether all its requests interleave.</summary>
    public bool Reentrant { get; }

    /// <summary>Makes the core object. Runs in the activation's first turn.</summary>
    public Func<Activation, string, object> Create { get; }

    /// <summary>Runs before the first request; a failure fails the waiting requests and ends the activation.</summary>
    public Func<object, Task>? OnActivate { get; set; }

    /// <summary>Runs when the activation is evicted gracefully, with no request running.</summary>
    public Func<object, Task>? OnDeactivate { get; set; }

    /// <summary>Where a new activation goes: key, silos that may take it. Null: <see cref="World.Placement"/>.</summary>
    public Func<string, IReadOnlyList<Silo>, Silo>? Place { get; set; }

    /// <summary>The identity of one grain of this kind.</summary>
    public GrainId IdOf(string key) => GrainId.Create(_grainType, IdSpan.Create(key));
}

/// <summary>The grain kinds of a world.</summary>
public sealed class Kinds(World world)
{
    readonly Dictionary<Type, Kind> _byContract = [];

    /// <summary>Registers what is behind a contract. The core needs methods of the contract's names and parameters, not the
    /// interface.</summary>
    /// <param name="reentrant">Whether all requests interleave, as [Reentrant].</param>
    /// <param name="create">Makes the core of an activation.</param>
    /// <param name="name">For traces and grain ids; null: the contract's name without I and Grain, in small letters.</param>
    public Kind Register<TContract>(bool reentrant, Func<Activation, string, object> create, string? name = null)
        where TContract : IGrainWithStringKey
    {
        var contract = typeof(TContract);
        name ??= contract.Name[1..].Replace("Grain", "", StringComparison.Ordinal).ToLowerInvariant();
        return _byContract[contract] = new Kind(contract, reentrant, create, name);
    }

    /// <summary>The kind behind a contract.</summary>
    public Kind Of(Type contract) =>
        _byContract.TryGetValue(contract, out var kind)
            ? kind
            : throw new InvalidOperationException(
                $"{contract.Name} is not registered in world {world.Seed}: call Kinds.Register<{contract.Name}>(...) first."
            );
}
