using System.CommandLine;
using System.Globalization;
using CoKe.Abstractions;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Output;
using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Commands;

/// <summary><c>coke cluster-info RUN H K</c>: one cluster, asked of its own grain.</summary>
static class ClusterInfoCommand
{
    const int SizesShown = 20;

    public static Command Create(SharedOptions shared)
    {
        var run = new Argument<string>("RUN") { Description = "Name of the run." };
        var head = new Argument<int>("H") { Description = "The head, counted from 0." };
        var cluster = new Argument<int>("K") { Description = "The cluster, counted from 0." };
        var command = new Command(
            "cluster-info",
            "Ask one cluster's own grain for its live state: size, dual, history, exemplars, center, silo."
        )
        {
            run,
            head,
            cluster,
        };
        command.SetAction(
            shared.Asking(
                async (connection, parse, json, cancellation) =>
                {
                    var view = ClusterInfoView.Of(
                        await connection.Client.GetClusterAsync(
                            parse.GetRequiredValue(run),
                            parse.GetRequiredValue(head),
                            parse.GetRequiredValue(cluster),
                            cancellation
                        )
                    );
                    if (json)
                        shared.Terminal.WriteJson(view);
                    else
                        Show(shared.Terminal, view);
                }
            )
        );
        return command;
    }

    static void Show(Terminal terminal, ClusterInfoView cluster) =>
        terminal.Console.Write(
            Tables.Properties(
                ("cluster", $"{cluster.Cluster} of head {cluster.Head}, run {cluster.RunId}"),
                ("silo", cluster.Silo),
                (
                    "members",
                    $"{Tables.Number(cluster.Count)} in the open epoch, {Tables.Number(cluster.LastCount)} in the last, "
                        + $"{Tables.Number(cluster.Minimum, 1)} asked"
                ),
                ("dual", Tables.Similarity(cluster.Dual)),
                (
                    "center",
                    $"similarity {Tables.Similarity(cluster.FrozenSimilarity)} to the frozen one; "
                        + $"the open epoch's sum has norm {Tables.Number(cluster.SumNorm, 2)}"
                ),
                (
                    "sizes",
                    cluster.History.Count == 0
                        ? "no epoch is committed yet"
                        : string.Join(" ", cluster.History.TakeLast(SizesShown)) + " (oldest first)"
                ),
                ("last epoch", cluster.Epochs.Count == 0 ? "none is committed yet" : Past(cluster.Epochs[^1])),
                ("exemplars", Members(cluster.LastMembers.MostSimilar)),
                ("least similar", Members(cluster.LastMembers.LeastSimilar)),
                ("version", $"step {cluster.Version}, incarnation {cluster.Incarnation}")
            )
        );

    static string Past(ClusterEpochReport epoch) =>
        string.Join(
            ", ",
            new[]
            {
                epoch.Moved is { } moved ? $"the center moved by {Tables.Similarity(moved)}" : null,
                epoch.ChangedShare is { } share
                    ? string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} % of the members came from other clusters")
                    : "no member had a label before",
            }.OfType<string>()
        );

    static string Members(IReadOnlyList<RankedMember> members) =>
        members.Count == 0
            ? "none in the last epoch"
            : string.Join(", ", members.Select(member => $"image {member.ImageId} ({Tables.Similarity(member.Similarity)})"));
}
