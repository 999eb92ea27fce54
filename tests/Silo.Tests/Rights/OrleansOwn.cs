using System.Reflection;

namespace CoKe.Silo.Tests.Rights;

/// <summary>What Orleans itself listens to in a silo: its system targets, its grains, and what it adds to everybody's grains.</summary>
static class OrleansOwn
{
    // Every client has to ask it which grains there are.
    const string Manifest = "IClusterManifestSystemTarget";

    static readonly Assembly[] _s_assemblies =
    [
        .. new[] { "Orleans.Core.Abstractions", "Orleans.Core", "Orleans.Runtime", "Orleans.Streaming" }.Select(Assembly.Load),
    ];

    /// <summary>A system target of a silo, by the name that Orleans gives it.</summary>
    public static GrainId Target(string name, SiloAddress silo) =>
        SystemTargetGrainId.Create(SystemTargetGrainId.CreateGrainType(name), silo).GrainId;

    /// <summary>Every target with every contract that it might have.</summary>
    /// <param name="silo">Whose targets.</param>
    /// <param name="grain">A grain of a run, to which Orleans adds its own.</param>
    public static IEnumerable<(GrainId Target, Type Contract)> Pairs(SiloAddress silo, GrainId grain)
    {
        string[] names =
        [
            "silo-control",
            "clustering",
            "load-publisher",
            "catalog",
            "dir.mem",
            "dir.cache-validator",
            "dir.client",
            "manifest",
            "migrator",
            "canceler",
        ];
        var targets = names
            .Select(name => Target(name, silo))
            .Append(Target("clustering.dev", SiloAddress.New(silo.Endpoint, 0))) // as a primary silo calls it, whichever its life
            .Append(SystemTargetGrainId.Create(SystemTargetGrainId.CreateGrainType("dir.grain.part"), silo, "0").GrainId);
        var contracts = Contracts(typeof(ISystemTarget)).Where(contract => contract.Name != Manifest).ToArray();
        return targets
            .SelectMany(_ => contracts, (target, contract) => (target, contract))
            .Concat(Contracts(typeof(IGrainExtension)).Select(extension => (grain, extension)))
            .Append((GrainId.Create("management", "0"), typeof(IManagementGrain)));
    }

    /// <summary>The methods of a contract and of those that it extends.</summary>
    public static IEnumerable<MethodInfo> MethodsOf(Type contract) =>
        contract
            .GetInterfaces()
            .Prepend(contract)
            .Where(type => _s_assemblies.Contains(type.Assembly))
            .SelectMany(type => type.GetMethods())
            .Where(method => !method.ContainsGenericParameters);

    static IEnumerable<Type> Contracts(Type root) =>
        _s_assemblies
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.IsInterface && type != root && root.IsAssignableFrom(type) && !type.ContainsGenericParameters);
}
