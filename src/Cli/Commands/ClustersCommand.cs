using System.CommandLine;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Output;

namespace CoKe.Cli.Commands;

/// <summary>The order of <c>coke clusters</c>.</summary>
enum ClusterOrder
{
    /// <summary>The smallest of the last epoch first: those in danger.</summary>
    Size,

    /// <summary>The highest dual first: those that the constraint holds up.</summary>
    Dual,

    /// <summary>Those first that missed their minimum by the most in the last epoch.</summary>
    Violation,

    /// <summary>The largest minimum first.</summary>
    Minimum,

    /// <summary>By number.</summary>
    Index,
}

/// <summary><c>coke clusters RUN --head H</c>: sizes and duals of all clusters of a head.</summary>
static class ClustersCommand
{
    public static Command Create(SharedOptions shared)
    {
        var run = new Argument<string>("RUN") { Description = "Name of the run." };
        var head = new Option<int>("--head") { Description = "The head, counted from 0. Default: 0.", HelpName = "H" };
        var sort = new Option<ClusterOrder>("--sort")
        {
            Description =
                "size: smallest of the last epoch first (default); dual: highest first; violation: those first that missed "
                + "their minimum by the most; minimum: largest first; index.",
            HelpName = "size|dual|violation|minimum|index",
        };
        var top = new Option<int?>("--top") { Description = "Show only the first N. Default: all.", HelpName = "N" };
        top.Validators.Add(result => Refusals.Below(result, 1));
        var command = new Command("clusters", "List the clusters of a head with sizes, minimum and dual.") { run, head, sort, top };
        command.SetAction(
            shared.Asking(
                async (connection, parse, json, cancellation) =>
                {
                    var clusters = await connection.Client.GetClustersAsync(
                        parse.GetRequiredValue(run),
                        parse.GetValue(head),
                        cancellation
                    );
                    var views = Sorted(clusters.Select(ClusterView.Of), parse.GetValue(sort))
                        .Take(parse.GetValue(top) ?? int.MaxValue)
                        .ToArray();
                    if (json)
                        shared.Terminal.WriteJson(views);
                    else
                        shared.Terminal.Console.Write(Tables.Clusters(views));
                }
            )
        );
        return command;
    }

    internal static IEnumerable<ClusterView> Sorted(IEnumerable<ClusterView> clusters, ClusterOrder order) =>
        order switch
        {
            ClusterOrder.Size => clusters.OrderBy(cluster => cluster.LastCount).ThenBy(cluster => cluster.Cluster),
            ClusterOrder.Dual => clusters.OrderByDescending(cluster => cluster.Dual).ThenBy(cluster => cluster.Cluster),
            ClusterOrder.Violation => clusters.OrderByDescending(cluster => cluster.Violation).ThenBy(cluster => cluster.Cluster),
            ClusterOrder.Minimum => clusters.OrderByDescending(cluster => cluster.Minimum).ThenBy(cluster => cluster.Cluster),
            _ => clusters.OrderBy(cluster => cluster.Cluster),
        };
}
