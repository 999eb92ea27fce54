using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CoKe.Architecture.Tests;

/// <summary>What docs/walks.md names is there.</summary>
public sealed partial class WalkTests
{
    public static IEnumerable<object?[]> Named =>
        Member()
            .Matches(Repository.Read("docs/walks.md"))
            .Select(named =>
                (
                    Type: named.Groups["type"].Value,
                    Member: named.Groups["member"] is { Success: true, Value: var member } ? member : null,
                    File: named.Groups["file"].Value
                )
            )
            .Distinct()
            .Select(named => new object?[] { named.Type, named.Member, named.File });

    [Theory]
    [MemberData(nameof(Named))]
    public void Member_IsDeclaredInItsFile(string type, string? member, string file)
    {
        var declared = CSharpSyntaxTree
            .ParseText(Repository.Read(file))
            .GetRoot()
            .DescendantNodes()
            .OfType<TypeDeclarationSyntax>()
            .Where(one => one.Identifier.Text == type)
            .ToArray();
        Assert.True(declared.Length > 0, $"{file} declares no {type}: move docs/walks.md along.");
        if (member is not null)
            Assert.True(
                declared.SelectMany(one => one.Members).SelectMany(NamesOf).Contains(member),
                $"{type} in {file} declares no {member}: move docs/walks.md along."
            );
    }

    [Fact]
    public void Walks_NameManyMembers() => Assert.InRange(Named.Count(), 50, 500); // else the pattern has missed them

    static IEnumerable<string> NamesOf(MemberDeclarationSyntax member) =>
        member switch
        {
            MethodDeclarationSyntax method => [method.Identifier.Text],
            PropertyDeclarationSyntax property => [property.Identifier.Text],
            FieldDeclarationSyntax field => field.Declaration.Variables.Select(variable => variable.Identifier.Text),
            _ => [],
        };

    [GeneratedRegex("`(?<type>\\w+)(\\.(?<member>\\w+))?` \\(`(?<file>src/[^`]+\\.cs)`\\)")]
    private static partial Regex Member();
}
