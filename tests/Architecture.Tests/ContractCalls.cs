using Mono.Cecil;

namespace CoKe.Testing;

/// <summary>
/// Which methods of grain contracts compiled code calls, and from where: as it stands in the assemblies, with lambdas and what the compiler
/// makes of async methods.
/// </summary>
sealed class ContractCalls : IDisposable
{
    /// <summary>The number of the right of the cluster, as attributes hold it; what has no attribute needs it too.</summary>
    public const int ClusterRight = 3;

    /// <summary>The number of the right to administer.</summary>
    public const int AdministerRight = 2;

    readonly DefaultAssemblyResolver _resolver = new();
    readonly List<AssemblyDefinition> _rooms;
    readonly Dictionary<string, MethodDefinition> _methods;
    readonly Dictionary<string, int> _contract; // what each method of a contract needs

    /// <summary>Reads rooms.</summary>
    /// <param name="contracts">Files of assemblies with contracts.</param>
    /// <param name="rooms">Files of assemblies that may call them.</param>
    public ContractCalls(IReadOnlyList<string> contracts, IReadOnlyList<string> rooms)
    {
        foreach (var folder in contracts.Concat(rooms).Select(Path.GetDirectoryName).Distinct())
            _resolver.AddSearchDirectory(folder);
        _rooms = [.. rooms.Select(Read)];
        _methods = _rooms
            .SelectMany(room => room.MainModule.GetTypes())
            .Where(type => type.FullName.StartsWith("CoKe.", StringComparison.Ordinal)) // not what the compiler adds to every assembly
            .SelectMany(type => type.Methods)
            .ToDictionary(method => method.FullName);
        _contract = [];
        foreach (var file in contracts)
        {
            using var assembly = Read(file);
            foreach (var method in assembly.MainModule.GetTypes().Where(IsContract).SelectMany(type => type.Methods))
                _contract[method.FullName] = RightOf(method);
        }
    }

    /// <summary>Every call of a contract in the rooms: who calls, what, and the right that it needs.</summary>
    public IEnumerable<(string From, string Called, int Right)> All =>
        from method in _methods.Values
        from used in Used(method)
        where _contract.ContainsKey(used.FullName)
        select (method.FullName, used.FullName, _contract[used.FullName]);

    /// <summary>Which methods of contracts are reached from a method of the rooms, and the right that each needs.</summary>
    /// <param name="type">Full name of its type.</param>
    /// <param name="name">Its name, which no other method of the type has.</param>
    public IEnumerable<(string Called, int Right)> From(string type, string name)
    {
        var start = _methods.Values.Single(method => method.DeclaringType.FullName == type && method.Name == name);
        var seen = new HashSet<string> { start.FullName };
        var open = new Stack<MethodDefinition>([start]);
        while (open.TryPop(out var method))
        {
            foreach (var used in Used(method))
            {
                if (!seen.Add(used.FullName))
                    continue;
                if (_contract.TryGetValue(used.FullName, out var right))
                    yield return (used.FullName, right);
                if (_methods.TryGetValue(used.FullName, out var next))
                    open.Push(next);
            }
        }
    }

    public void Dispose()
    {
        foreach (var room in _rooms)
            room.Dispose();
        _resolver.Dispose();
    }

    AssemblyDefinition Read(string file) => AssemblyDefinition.ReadAssembly(file, new ReaderParameters { AssemblyResolver = _resolver });

    // An async method or an iterator only starts what was made of it.
    static IEnumerable<MethodReference> Used(MethodDefinition method)
    {
        var made = method.CustomAttributes.FirstOrDefault(one =>
            one.AttributeType.Name.EndsWith("StateMachineAttribute", StringComparison.Ordinal)
        );
        var bodies = made is null ? [method] : ((TypeReference)made.ConstructorArguments[0].Value).Resolve().Methods.Append(method);
        return bodies
            .Where(body => body.HasBody)
            .SelectMany(body => body.Body.Instructions)
            .Select(instruction => instruction.Operand)
            .OfType<MethodReference>()
            .Select(used => used.GetElementMethod());
    }

    static bool IsContract(TypeDefinition type) =>
        type.IsInterface && type.Interfaces.Any(one => one.InterfaceType.FullName.StartsWith("Orleans.IGrain", StringComparison.Ordinal));

    static int RightOf(MethodDefinition method) =>
        method.CustomAttributes.FirstOrDefault(one => one.AttributeType.Name == "NeedsAttribute") is { } needs
            ? (int)needs.ConstructorArguments[0].Value
            : ClusterRight;
}
