using CoKe.Learning.Evaluation;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Evaluation;

/// <summary>
/// The expected accuracy, 23 of 24, was computed by scikit-learn on the same numbers: KNeighborsClassifier(20, metric='cosine',
/// weights=exp((1 - d) / 0.1)) and, on standardized features, LogisticRegression(C=1/(2e-4 * 60)), which has the same optimum as the probe.
/// </summary>
public sealed class FeatureClassifierTests
{
    const double Expected = 23.0 / 24;

    // csharpier-ignore
    static readonly float[] Train =
    [
        0.64f, 1.34f, -0.93f, -0.62f, -0.4f, 2.28f, 0.48f, -0.93f, 1.1f, -1.22f, 0.67f, 0.73f, 1.84f, -0.53f, 0.42f, 1.87f, 0.48f,
        2.59f, -0.2f, -0.84f, 1.93f, 0.4f, -0.15f, -1.44f, -2.51f, 2.34f, -0.33f, -2.1f, -0.14f, -1.5f, 0.82f, -0.09f, -2.45f,
        -0.63f, -1.03f, 2.01f, 0.13f, -0.6f, -1.85f, -0.85f, 0.65f, 0.69f, 0.29f, 0.51f, 0.68f, 0.86f, 1.55f, 0.74f, 0.41f, -1.7f,
        2.63f, 2.54f, -1.69f, -0.04f, 0.14f, 0.8f, 0.68f, 0.75f, -1.19f, -1.02f, 1.6f, 0.07f, 2.58f, -1.3f, -0.41f, 2.29f, 0.66f,
        0.53f, 0.14f, -0.72f, 0.72f, 0.66f, -0.35f, 0.59f, -2.24f, 0.19f, 0.81f, 1.49f, 0.57f, -0.04f, -0.3f, 1.37f, -2.17f, -1.36f,
        1.29f, 0.54f, 1.44f, 0.5f, -0.34f, -2.38f, 3.17f, -0.43f, -1.55f, -0.8f, -0.15f, 0.64f, 1.12f, -1.84f, 0.33f, -1.59f, 1.97f,
        1.4f, -0.61f, -0.04f, -1.38f, 0.89f, 0.19f, 1.54f, 0.08f, -0.13f, 2.99f, -0.04f, 1.51f, -1.39f, -0.27f, 0.99f, -0.27f,
        -1.49f, 1.13f, -0.68f, 0.96f, 1.03f, 1.81f, -0.1f, 0.77f, 1.41f, 0.08f, -1.92f, 0.74f, -0.69f, 0.55f, 2.02f, -0.32f, 0.19f,
        -1.92f, 1.53f, -0.14f, -1.54f, -0.77f, -0.72f, 1.22f, -0.01f, 2.11f, -0.4f, 0.59f, -0.05f, -0.5f, -1.46f, 1.05f, 0.55f,
        2.99f, -0.72f, 0f, 0.84f, -0.81f, 1.8f, 1.15f, -0.8f, 0.1f, -0.88f, 1.63f, 0.84f, -2.09f, 1.03f, 0.27f, -0.14f, 0.01f,
        -3.52f, 1.3f, -1.1f, -1.54f, -1.2f, -1.64f, 1.17f, -0.65f, 1.85f, -0.83f, 0.51f, 0.34f, 0.15f, 2.23f, 2.02f, -1.2f, -0.85f,
        0.06f, 3.91f, 0.88f, 1.17f, -1.01f, -0.57f, 1.27f, -1.27f, 1.95f, 0.38f, -0.42f, 1.36f, 1.41f, 0.59f, -1.81f, -0.88f, 0.35f,
        1.37f, 2f, -1.24f, -0.84f, 4.83f, 0.32f, -1.03f, -0.2f, -0.29f, 1.63f, -0.66f, 0.67f, 0.08f, -0.34f, 0.78f, 1.92f, 0.36f,
        -0.69f, -1.1f, 1.64f, -0.46f, 0.5f, -0.17f, -1.58f, 1.78f, -1.14f, 1.63f, -0.58f, 1.32f, 0.47f, -1.12f, 1.14f, -1.47f,
        -0.82f, 2.64f, 1.56f, 1.15f, -1.13f, 1.51f, 2.16f, 0.21f, -3.51f, 0.41f, -0.5f, -1.69f, 0.46f, -1.62f, -0.22f, -0.01f, 2.33f,
        -0.28f, 1.92f, -1.05f, -1f, 1.5f, 0.63f, 1.21f, -2.45f, 0.24f, -1.06f, 0.5f, 0.16f, 0.47f, -1.64f, -0.94f, 1.44f, -1.46f,
        0.97f, 0.26f, 0.33f, 0.11f, -2.3f, -2.29f, -1.94f, 1.36f, 0f, 2.08f, -0.57f, -0.14f, 2.97f, 0.07f, -0.6f, -1.92f, 0.01f,
        0.41f, 0.83f, -0.05f, 1.46f, -0.62f, 2.97f, -0.42f, 0.05f, -0.35f, -2.32f, 3.46f, 0.24f, 0.27f, -0.85f, 0.03f,
    ];

    // csharpier-ignore
    static readonly int[] TrainClasses =
    [
        1, 0, 2, 2, 0, 0, 1, 0, 0, 0, 0, 2, 2, 2, 1, 2, 1, 0, 0, 1, 0, 2, 2, 1, 2, 1, 0, 1, 2, 1, 0, 0, 1, 1, 1, 2, 0, 0, 2, 2, 2, 0,
        2, 0, 2, 2, 2, 0, 1, 1, 2, 2, 1, 1, 1, 2, 0, 1, 0, 0,
    ];

    // csharpier-ignore
    static readonly float[] Test =
    [
        2.61f, -0.59f, 0.34f, -0.58f, 0.48f, 0.04f, -0.16f, -1f, -2f, -1.17f, -0.87f, 0.66f, -2.11f, -0.52f, -0.89f, -0.95f, 0.38f,
        -2.06f, 0.15f, -1.21f, 3.08f, 0.77f, 0.13f, -0.04f, -1.59f, 2.77f, 1.18f, -0.06f, -0.83f, -1.25f, 1.08f, 2.36f, -2.19f,
        0.97f, -0.9f, 2.13f, 0.55f, 2.67f, -2.97f, -0.83f, 1.37f, 0.77f, -0.99f, -1.05f, -0.25f, 2.09f, -2.15f, -1.72f, 0.77f,
        -0.57f, 0.06f, -0.83f, -2.29f, 1.14f, 0.4f, 0.46f, -0.36f, -1.36f, 0.27f, -0.08f, 1.53f, -0.4f, 1.89f, -1.52f, 0.45f, 3.32f,
        -0.19f, 0.04f, -1.36f, 0.1f, 3.07f, 0.66f, 0.55f, -0.86f, -1.44f, -0.14f, 0.26f, -1.73f, 0.63f, -1.12f, 2.95f, 1.79f, -0.79f,
        -1.76f, -0.21f, 3.28f, 0.72f, -1.5f, -0.23f, 0.51f, -1.31f, 0.82f, -1.73f, -0.28f, -0.12f, 1.09f, 1.14f, 0.84f, -0.31f,
        -1.65f, -1.23f, -0.76f, -3.1f, 1.93f, -0.79f, 0.49f, -1.01f, 0.76f, -0.76f, -1.44f, 1.88f, -0.28f, -2.15f, 0.76f, 0.74f,
        2.62f, -0.28f, 1.95f, -0.32f, 0.19f,
    ];

    static readonly int[] TestClasses = [2, 1, 1, 1, 0, 0, 1, 2, 0, 1, 1, 1, 2, 0, 0, 1, 0, 0, 1, 0, 1, 2, 1, 2];

    [Fact]
    public void NearestNeighbors_SmallFeatures_EqualScikitLearn() =>
        Assert.Equal(Expected, Score((train, y, test, t) => NearestNeighbors.Accuracy(train, y, test, t)), 12);

    [Fact]
    public void LinearProbe_SmallFeatures_EqualsScikitLearn() => Assert.Equal(Expected, Score(LinearProbe.Accuracy), 12);

    static double Score(Func<Tensor, Tensor, Tensor, Tensor, double> accuracy)
    {
        using var scope = NewDisposeScope();
        return accuracy(
            tensor(Train).view(-1, 5),
            tensor(TrainClasses, ScalarType.Int64),
            tensor(Test).view(-1, 5),
            tensor(TestClasses, ScalarType.Int64)
        );
    }
}
