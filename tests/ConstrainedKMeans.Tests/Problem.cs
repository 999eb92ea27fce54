namespace CoKe.ConstrainedKMeans.Tests;

/// <summary>Options and plans in one line.</summary>
static class Problem
{
    public static ClusteringOptions Options(int N, int d, int B, params IReadOnlyList<HeadOptions> heads) =>
        new()
        {
            ImageCount = N,
            Dimension = d,
            BatchSize = B,
            Heads = heads,
        };

    public static HeadPlan Plan(int N, int d, int B, HeadOptions head) => new(Options(N, d, B, head), 0);
}
