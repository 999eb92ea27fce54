using CoKe.ConstrainedKMeans;

const int Rows = 900,
    Dimension = 4,
    Clusters = 6,
    Passes = 10;

// Three groups, of 600, 200 and 100 points around a direction each: left alone, clusters would be as uneven.
var random = new SeededRandom(1);
var points = new float[Rows * Dimension];
for (var i = 0; i < Rows; i++)
{
    for (var j = 0; j < Dimension; j++)
        points[(i * Dimension) + j] = (float)(0.2 * random.NextNormal());
    points[
        (i * Dimension)
            + (
                i < 600 ? 0
                : i < 800 ? 1
                : 2
            )
    ] += 1;
}

RowNorms.MakeOne(points, Dimension);

var batchSize = FeatureDefaults.BatchSize(Rows);
var options = new ClusteringOptions
{
    ImageCount = Rows,
    Dimension = Dimension,
    BatchSize = batchSize,
    Heads =
    [
        new HeadOptions
        {
            ClusterCount = Clusters,
            MinimumSizeRatio = 0.8, // no cluster below 0.8 of the mean size: 120 of 150
            DualLearningRate = FeatureDefaults.DualLearningRate(Rows, Clusters, batchSize, minimumSizeRatio: 0.8),
        },
    ],
};

// Algorithm 1: passes over the points, which approach the minimum sizes.
var start = SpreadCenters.Choose(points, Rows, Dimension, Clusters, random);
using var kMeans = new OnlineConstrainedKMeans(options, [start]);
for (var pass = 0; pass < Passes; pass++)
{
    foreach (var batch in random.Permutation(Rows).Chunk(batchSize))
        kMeans.Step(RowsOf(batch), batch);
    var summary = kMeans.EndEpoch()[0];
    Console.WriteLine($"pass {pass}: sizes {summary.Min} to {summary.Max}");
}

// The last step: the best labels for these centers that keep every size exactly.
var head = kMeans.Heads[0];
var bounds = SizeBounds.Of(head.Plan, Rows, maximumSizeRatio: 1.5);
var exact = ExactSizes.Assign(points, Dimension, head.FrozenCenters(), bounds);
Console.WriteLine($"exact: sizes {string.Join(' ', exact.Sizes)}, mean similarity {exact.MeanSimilarity:0.0000}, best: {exact.IsOptimal}");

float[] RowsOf(int[] images) => [.. images.SelectMany(i => points[(i * Dimension)..((i + 1) * Dimension)])];
