using System.Collections.Concurrent;
using System.Reflection;
using CoKe.Access.Rights;
using CoKe.Streams;

namespace CoKe.Abstractions.Rights;

/// <summary>The rights that the methods of grains need, as it stands at each method.</summary>
public static class ContractRights
{
    static readonly ConcurrentDictionary<MethodInfo, Right?> _s_needs = new();

    /// <summary>Every contract of this assembly and of the streams, by name: what a client could call of CoKe.</summary>
    public static IReadOnlyList<Type> Contracts { get; } =
    [
        .. new[] { typeof(ContractRights).Assembly, typeof(IStreamQueueGrain).Assembly }
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.IsInterface && type.IsAssignableTo(typeof(IAddressable)))
            .OrderBy(type => type.Name, StringComparer.Ordinal),
    ];

    /// <summary>The methods of a contract that are called over the wire.</summary>
    public static IEnumerable<MethodInfo> MethodsOf(Type contract) =>
        contract.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly);

    /// <summary>What a method needs; null: nothing stands there, so that it is for nobody but the cluster.</summary>
    public static Right? NeedsOf(MethodInfo method) =>
        _s_needs.GetOrAdd(method, static asked => asked.GetCustomAttribute<NeedsAttribute>()?.Right);
}
