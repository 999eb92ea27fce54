using CoKe.Abstractions;
using CoKe.Web.Problems;

namespace CoKe.Web.Endpoints;

/// <summary>Which of a head's clusters are listed, and in which order.</summary>
static class ClusterOrder
{
    /// <summary>An order by its name: a field, with - before it for the largest first. Equal ones stay in order of k.</summary>
    /// <exception cref="InvalidRequestException">There is no such field.</exception>
    public static Func<IEnumerable<ClusterSummary>, IEnumerable<ClusterSummary>> Of(string sort)
    {
        var isDescending = sort.StartsWith('-');
        Func<ClusterSummary, double> key = (isDescending ? sort[1..] : sort) switch
        {
            "cluster" => cluster => cluster.Cluster,
            "count" => cluster => cluster.Count,
            "lastCount" => cluster => cluster.LastCount,
            "minimum" => cluster => cluster.MinimumSize,
            "violation" => cluster => cluster.Violation,
            "dual" => cluster => cluster.Dual,
            _ => throw new InvalidRequestException(
                "sort",
                sort,
                $"sort is '{sort}': give cluster, count, lastCount, minimum, violation or dual, with - before it for the largest "
                    + "first."
            ),
        };
        return clusters => isDescending ? clusters.OrderByDescending(key) : clusters.OrderBy(key);
    }

    /// <summary>Which clusters are listed, by a name.</summary>
    /// <exception cref="InvalidRequestException">There is no such filter.</exception>
    public static Func<ClusterSummary, bool> Filter(string filter) =>
        filter switch
        {
            "all" => _ => true,
            "below" => cluster => cluster.LastCount < cluster.MinimumSize,
            "empty" => cluster => cluster.LastCount == 0,
            "held" => cluster => cluster.Dual > 0,
            _ => throw new InvalidRequestException(
                "filter",
                filter,
                $"filter is '{filter}': give all, below (the minimum in the last closed epoch), empty (in it), or held (up by a dual)."
            ),
        };
}
