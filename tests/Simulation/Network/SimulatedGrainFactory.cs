using System.Reflection;

namespace CoKe.Simulation;

/// <summary>References to simulated grains by string key; everything else is not supported.</summary>
public sealed class SimulatedGrainFactory(World world) : IGrainFactory
{
    readonly Dictionary<(Type, string), object> _references = [];

    /// <inheritdoc/>
    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey
    {
        if (_references.TryGetValue((typeof(TGrainInterface), primaryKey), out var known))
            return (TGrainInterface)known;
        var reference = DispatchProxy.Create<TGrainInterface, GrainProxy>();
        ((GrainProxy)(object)reference).Bind(world, world.Kinds.Of(typeof(TGrainInterface)), primaryKey);
        _references[(typeof(TGrainInterface), primaryKey)] = reference;
        return reference;
    }

    TGrainInterface IGrainFactory.GetGrain<TGrainInterface>(Guid primaryKey, string? grainClassNamePrefix) => throw OnlyStrings();

    TGrainInterface IGrainFactory.GetGrain<TGrainInterface>(long primaryKey, string? grainClassNamePrefix) => throw OnlyStrings();

    TGrainInterface IGrainFactory.GetGrain<TGrainInterface>(Guid primaryKey, string keyExtension, string? grainClassNamePrefix) =>
        throw OnlyStrings();

    TGrainInterface IGrainFactory.GetGrain<TGrainInterface>(long primaryKey, string keyExtension, string? grainClassNamePrefix) =>
        throw OnlyStrings();

    TGrainObserverInterface IGrainFactory.CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj) => throw OnlyStrings();

    void IGrainFactory.DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj) => throw OnlyStrings();

    IGrain IGrainFactory.GetGrain(Type grainInterfaceType, Guid grainPrimaryKey) => throw OnlyStrings();

    IGrain IGrainFactory.GetGrain(Type grainInterfaceType, long grainPrimaryKey) => throw OnlyStrings();

    IGrain IGrainFactory.GetGrain(Type grainInterfaceType, string grainPrimaryKey) => throw OnlyStrings();

    IGrain IGrainFactory.GetGrain(Type grainInterfaceType, Guid grainPrimaryKey, string keyExtension) => throw OnlyStrings();

    IGrain IGrainFactory.GetGrain(Type grainInterfaceType, long grainPrimaryKey, string keyExtension) => throw OnlyStrings();

    TGrainInterface IGrainFactory.GetGrain<TGrainInterface>(GrainId grainId) => throw OnlyStrings();

    IAddressable IGrainFactory.GetGrain(GrainId grainId) => throw OnlyStrings();

    IAddressable IGrainFactory.GetGrain(GrainId grainId, GrainInterfaceType interfaceType) => throw OnlyStrings();

    IAddressable IGrainFactory.GetGrain(Type interfaceType, IdSpan grainKey, string grainClassNamePrefix) => throw OnlyStrings();

    IAddressable IGrainFactory.GetGrain(Type interfaceType, IdSpan grainKey) => throw OnlyStrings();

    static NotSupportedException OnlyStrings() => new("The simulation has grains with string keys only: use GetGrain<T>(string).");
}

/// <summary>Turns a call of a contract's method into a message.</summary>
public class GrainProxy : DispatchProxy
{
    World _world = null!;
    Kind _kind = null!;
    string _key = "";

    internal void Bind(World world, Kind kind, string key) => (_world, _kind, _key) = (world, kind, key);

    /// <inheritdoc/>
    public override string ToString() => $"{_kind.Name}/{_key}";

    /// <inheritdoc/>
    protected override object Invoke(MethodInfo? method, object?[]? args) =>
        ContractMethod.Of(method!).Send(_world, _kind, _key, args ?? []);
}
