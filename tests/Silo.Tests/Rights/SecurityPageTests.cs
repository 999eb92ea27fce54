using System.Text;
using CoKe.Abstractions.Rights;
using CoKe.Access.Rights;

namespace CoKe.Silo.Tests.Rights;

/// <summary>The table of docs/security.md is what the contracts say. With COKE_UPDATE_DOCS=1 this test writes it.</summary>
public sealed class SecurityPageTests
{
    const string Page = "docs/security.md",
        Begin = "<!-- made from the contracts, see SecurityPageTests -->\n",
        End = "<!-- end -->\n";

    [Fact]
    public void EveryMethodOfEveryContract_SaysWhatItNeeds()
    {
        Assert.NotEmpty(ContractRights.Contracts);
        Assert.All(ContractRights.Contracts.SelectMany(ContractRights.MethodsOf), method =>
            Assert.True(
                ContractRights.NeedsOf(method) is not null,
                $"{method.DeclaringType!.Name}.{method.Name} has no [Needs]: say which right it takes."
            )
        );
    }

    [Fact]
    public void Table_OfThePage_IsTheContracts()
    {
        var page = Repository.Read(Page);
        var (from, to) = (page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, page.IndexOf(End, StringComparison.Ordinal));
        if (Environment.GetEnvironmentVariable("COKE_UPDATE_DOCS") is { Length: > 0 })
            File.WriteAllText(Repository.At(Page), page[..from] + Table() + page[to..]);
        else
            Assert.Equal(Table(), page[from..to]);
    }

    static string Table()
    {
        var table = new StringBuilder("\n| method | no token | feed token | token | other silos |\n|---|---|---|---|---|\n");
        foreach (var method in ContractRights.Contracts.SelectMany(ContractRights.MethodsOf))
        {
            var needed = ContractRights.NeedsOf(method) ?? Right.Cluster;
            table.Append(
                $"| `{method.DeclaringType!.Name}.{method.Name}` | - | {Mark(Right.Feed)} | {Mark(Right.Administer)} | "
                    + $"{Mark(Right.Cluster)} |\n"
            );

            string Mark(Right held) => held >= needed ? "yes" : "-";
        }

        return table.Append('\n').ToString();
    }
}
