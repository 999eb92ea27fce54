using CoKe.Simulation.Mutations;

namespace CoKe.Simulation.Tests;

/// <summary>The mutation check takes long and runs apart; that its mutations still are ones is seen here.</summary>
public sealed class MutationTests
{
    public static IEnumerable<object[]> Mutations => Catalog.All.Select(m => new object[] { m.Rule, m.Clause });

    [Theory]
    [MemberData(nameof(Mutations))]
    public void Mutation_MatchesTheSource(int rule, string clause)
    {
        var (root, mutation) = (MutatedTree.FindRoot(), Catalog.All.Single(m => m.Rule == rule && m.Clause == clause));
        foreach (var file in mutation.Edits.GroupBy(edit => edit.File))
        {
            var source = File.ReadAllText(Path.Combine(root, file.Key)).ReplaceLineEndings("\n");
            Assert.NotEqual(source, file.Aggregate(source, (text, edit) => edit.In(text)));
        }
    }

    /// <summary>A formatter may break lines anew; what stands before the text is not part of it, least of all the end of a
    /// comment.</summary>
    [Fact]
    public void Edit_TextInOtherLines_IsReplacedAndNothingBeforeIt() =>
        Assert.Equal(
            "/// A word.\n    gone\n",
            new Edit("file", "public void Do(int a, int b) => Act(a);", "gone").In(
                "/// A word.\n    public void Do(\n        int a,\n        int b\n    ) =>\n        Act(a);\n"
            )
        );

    [Fact]
    public void EveryRule_HasAMutation() => Assert.Equal(Enumerable.Range(1, 10), Catalog.All.Select(m => m.Rule).Distinct().Order());
}
