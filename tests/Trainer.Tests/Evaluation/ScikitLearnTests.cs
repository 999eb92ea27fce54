using System.Text.Json;
using CoKe.Learning.Evaluation;
using CoKe.Trainer.Tests.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Evaluation;

/// <summary>Labels and features of Peers/evaluation_golden.py, against what scikit-learn makes of the same numbers.</summary>
public sealed class ScikitLearnTests : IDisposable
{
    static readonly JsonElement Golden = JsonDocument.Parse(GoldenWeights.Content("evaluation.json")).RootElement;

    readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void LabelScores_ManyClusterCounts_EqualScikitLearn() => Assert.All(Golden.GetProperty("labelings").EnumerateArray(), expected =>
        {
            var scores = LabelScores.Of(Ints(expected, "classes"), Ints(expected, "clusters"))!;

            Assert.Equal(expected.GetProperty("acc").GetDouble(), scores.Acc, 12);
            Assert.Equal(expected.GetProperty("nmi").GetDouble(), scores.Nmi, 12);
            Assert.Equal(expected.GetProperty("ari").GetDouble(), scores.Ari, 12);
        });

    [Fact]
    public void LabelScores_ImagesWithoutACluster_AreLeftOut()
    {
        Assert.Equal(LabelScores.Of([0, 1, 1], [1, 0, 0]), LabelScores.Of([0, 2, 1, 1], [1, -1, 0, 0]));
        Assert.Null(LabelScores.Of([0, 1], [-1, -1]));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(200)]
    public void NearestNeighbors_EqualScikitLearn(int neighbors) =>
        Assert.Equal(
            Golden.GetProperty($"knn_{neighbors}").GetDouble(),
            NearestNeighbors.Accuracy(Train, TrainClasses, Test, TestClasses, neighbors),
            12
        );

    // Both stop near the same optimum of a convex problem; an image on the border may fall to either side.
    [Fact]
    public void LinearProbe_ReachesTheOptimumOfScikitLearn() =>
        AssertNear("lbfgs", LinearProbe.Accuracy(Train, TrainClasses, Test, TestClasses), images: 1);

    [Fact]
    public void SgdProbe_ComesNearTheOptimumOfScikitLearn() =>
        AssertNear("sgd", SgdProbe.Accuracy(Train, TrainClasses, Test, TestClasses), images: 4);

    [Fact]
    public void SgdProbe_FeaturesOfAnotherLength_GivesTheSame() =>
        Assert.Equal(
            SgdProbe.Accuracy(Train, TrainClasses, Test, TestClasses),
            SgdProbe.Accuracy(Train * 1024, TrainClasses, Test * 1024, TestClasses)
        ); // a power of 2: no rounding

    static void AssertNear(string name, double accuracy, int images)
    {
        var expected = Golden.GetProperty(name).GetDouble();
        Assert.InRange(accuracy, expected - (images + 0.5) / TestClassesArray.Length, expected + (images + 0.5) / TestClassesArray.Length);
    }

    static int[] TestClassesArray => Ints(Golden, "test_classes");

    static Tensor Train => Features("train");

    static Tensor Test => Features("test");

    static Tensor TrainClasses => tensor(Ints(Golden, "train_classes"), ScalarType.Int64);

    static Tensor TestClasses => tensor(TestClassesArray, ScalarType.Int64);

    static Tensor Features(string name) =>
        tensor(Golden.GetProperty(name).EnumerateArray().Select(value => value.GetSingle()).ToArray())
            .view(-1, Golden.GetProperty("size").GetInt64());

    static int[] Ints(JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(value => value.GetInt32())];
}
