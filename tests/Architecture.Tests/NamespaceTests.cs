using System.Xml.Linq;
using ArchUnitNET.Loader;

namespace CoKe.Architecture.Tests;

/// <summary>
/// Namespaces use each other in one direction. Each full namespace is one node: a parent counts with its own types only, and its children
/// are nodes like any other, so that parent and child must not use each other both.
/// </summary>
public sealed class NamespaceTests
{
    // From -> to, with the types that make the arrow.
    static readonly Lazy<ILookup<(string From, string To), string>> Arrows = new(Load);

    [Fact]
    public void Namespaces_UseEachOtherInNoCircle()
    {
        var uses = Arrows.Value.Select(arrow => arrow.Key).ToLookup(arrow => arrow.From, arrow => arrow.To);
        foreach (var start in uses)
            if (CircleOf(start.Key, uses) is { } circle)
                Assert.Fail(
                    $"These namespaces use each other in a circle:\n{string.Join("\n", circle.Zip(circle[1..]).Select(Shown))}\n"
                        + "Whoever reads or tests one of them needs all the others: move a type to where it belongs."
                );
    }

    [Fact]
    public void Namespaces_UseOnlyWhatTheirRuleSays()
    {
        var broken = NamespaceRules
            .All.SelectMany(rule =>
                Arrows
                    .Value.Select(arrow => arrow.Key)
                    .Where(arrow => arrow.From == rule.Namespace && IsSameRoom(arrow) && !rule.Uses.Contains(arrow.To))
                    .Select(arrow => $"{rule}, but\n{Shown(arrow)}\n{rule.Why}")
            )
            .ToArray();
        Assert.True(broken.Length == 0, string.Join("\n\n", broken));
    }

    [Fact]
    public void Rules_AreThereForEveryNamespace_AndAllowNothingUnused()
    {
        var there = Arrows
            .Value.SelectMany(arrow => new[] { arrow.Key.From, arrow.Key.To })
            .Distinct()
            .Where(one => NamespaceRules.Rooms.Contains(RoomOf(one)))
            .Order(StringComparer.Ordinal);
        Assert.Equal(there, NamespaceRules.All.Select(rule => rule.Namespace).Order(StringComparer.Ordinal));
        Assert.All(NamespaceRules.All, rule =>
            Assert.All(rule.Uses, used =>
                Assert.True(Arrows.Value.Contains((rule.Namespace, used)), $"{rule.Namespace} does not use {used} any more.")
            )
        );
    }

    // All rooms as they were built beside this test. What Orleans generates lies in namespaces of its own (OrleansCodeGen), and what the
    // compiler generates counts as its type.
    static ILookup<(string From, string To), string> Load()
    {
        var built = Path.GetRelativePath(Repository.At("tests/Architecture.Tests"), AppContext.BaseDirectory);
        var loader = new ArchLoader();
        foreach (var project in Directory.GetFiles(Repository.At("src"), "*.csproj", SearchOption.AllDirectories))
            loader.LoadFilteredDirectory(Path.Combine(Path.GetDirectoryName(project)!, built), $"{AssemblyOf(project)}.dll");
        var types = loader.Build().Types.Where(type => type.Namespace.FullName.StartsWith("CoKe.", StringComparison.Ordinal)).ToArray();
        var own = types.Select(type => type.FullName).ToHashSet(); // else arrays of type parameters count as somebody's
        return types
            .SelectMany(type => type.Dependencies, (type, dependency) => (From: type, To: dependency.Target))
            .Where(use => own.Contains(use.To.FullName) && use.To.Namespace.FullName != use.From.Namespace.FullName)
            .Distinct()
            .ToLookup(use => (use.From.Namespace.FullName, use.To.Namespace.FullName), use => $"{use.From.FullName} -> {use.To.FullName}");
    }

    static string AssemblyOf(string project) =>
        XDocument.Load(project).Descendants("AssemblyName").FirstOrDefault()?.Value ?? Path.GetFileNameWithoutExtension(project);

    // The shortest way from a namespace back to itself; null: there is none.
    static string[]? CircleOf(string start, ILookup<string, string> uses)
    {
        var ways = new Queue<string[]>([
            [start],
        ]);
        var seen = new HashSet<string>();
        while (ways.TryDequeue(out var way))
        {
            foreach (var next in uses[way[^1]])
            {
                if (next == start)
                    return [.. way, start];
                if (seen.Add(next))
                    ways.Enqueue([.. way, next]);
            }
        }

        return null;
    }

    static string Shown((string From, string To) arrow) =>
        $"  {arrow.From} -> {arrow.To}: {string.Join(", ", Arrows.Value[arrow].Order(StringComparer.Ordinal).Take(8))}";

    static bool IsSameRoom((string From, string To) arrow) => RoomOf(arrow.From) == RoomOf(arrow.To);

    static string RoomOf(string name) => string.Join('.', name.Split('.')[..2]);
}
