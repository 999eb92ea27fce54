using System.Text.Json;
using System.Text.Json.Serialization;
using CoKe.Abstractions;
using CoKe.Alarms;
using CoKe.Learning.Encoders;
using CoKe.Learning.Images;
using CoKe.Learning.Views;
using static TorchSharp.torch;

namespace CoKe.Learning.Evaluation;

/// <summary>Everything that classes can say of a frozen encoder and of the clusters it was trained with, as <c>evaluate --json</c> shows
/// it.</summary>
/// <param name="What">The run's folder, or the file of weights.</param>
/// <param name="Epoch">The last epoch that the run committed; null of a file.</param>
/// <param name="Data">Name of the images.</param>
/// <param name="TrainImages">Training images whose features were taken.</param>
/// <param name="TestImages">Test images.</param>
/// <param name="Heads">Of every head of the run; none of a file, which has no centers.</param>
/// <param name="ProbeSgd">Test accuracy of <see cref="SgdProbe"/>.</param>
/// <param name="ProbeLbfgs">Test accuracy of <see cref="LinearProbe"/>.</param>
/// <param name="Knn20">Test accuracy of 20 nearest neighbors.</param>
/// <param name="Knn200">Test accuracy of 200 nearest neighbors.</param>
public sealed record EncoderScores(
    string What,
    int? Epoch,
    string Data,
    int TrainImages,
    int TestImages,
    IReadOnlyList<HeadScores> Heads,
    double ProbeSgd,
    double ProbeLbfgs,
    [property: JsonPropertyName("knn_20")] double Knn20,
    [property: JsonPropertyName("knn_200")] double Knn200
)
{
    /// <summary>What could not be evaluated, and what to do about it.</summary>
    public IReadOnlyList<string> NotEvaluated { get; init; } = [];

    /// <summary>What of a file's names and tensors was passed over, after the name of the file; null: nothing.</summary>
    public string? PassedOver { get; init; }

    /// <summary>What looks wrong, with the remedy; all of it stands.</summary>
    public IReadOnlyList<Alarm> Alarms { get; init; } = [];

    /// <summary>The share of the most frequent class among the test images: the accuracy of who always names it.</summary>
    public required double MostFrequentClass { get; init; }

    /// <summary>How different the training images' embeddings are from each other, see
    /// <see cref="ConstrainedKMeans.EmbeddingSpread"/>.</summary>
    public required double Spread { get; init; }

    /// <summary>By what features and clusters are judged.</summary>
    [JsonIgnore]
    public ScoreSigns Signs =>
        new(
            [
                ("linear probe, SGD", ProbeSgd),
                ("linear probe, L-BFGS", ProbeLbfgs),
                ("20 nearest neighbors", Knn20),
                ("200 nearest neighbors", Knn200),
            ],
            MostFrequentClass,
            TestImages,
            [
                .. Heads.Select(
                    (head, h) =>
                        head.Train is { } labels
                            ? new ScoredHead(h, head.K, labels.Ari, TrainImages)
                            : new ScoredHead(h, head.K, head.Test.Ari, TestImages)
                ),
            ]
        )
        {
            Spread = Spread,
        };

    const int ManyNeighbors = 200;

    static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>As <c>evaluate --json</c> shows it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Measures; batch normalization uses its running statistics, and nothing of the encoder changes.</summary>
    /// <param name="subject">What is looked at.</param>
    /// <param name="data">Its images.</param>
    /// <param name="most">At most so many training images, evenly spread; null: all.</param>
    /// <param name="device">Where.</param>
    /// <param name="cancellation">Ends it.</param>
    public static EncoderScores Of(Subject subject, LabeledImages data, int? most, Device device, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        int[] ids = [.. EvenlySpread.Of(most ?? int.MaxValue, data.Train.Count)];
        var train = Evaluator.Embed(subject.Encoder, subject.Normalization, data.Train, ids, device, cancellation);
        var test = Evaluator.Embed(subject.Encoder, subject.Normalization, data.Test, null, device, cancellation);
        var (y, t) = (train.Classes(data.TrainClasses), test.Classes(data.TestClasses));
        return new EncoderScores(
            subject.What,
            subject.Clusters?.Epoch,
            data.Name,
            train.Ids.Length,
            test.Ids.Length,
            [
                .. subject.Clusters?.Centers.Select(
                    (centers, head) =>
                        new HeadScores(
                            centers.Length / subject.Encoder.Options.Dimension,
                            LabelScores.Of(data.TestClasses.Select(test.Ids).Classes, Evaluator.Nearest(test.Embeddings, centers))!,
                            subject.Clusters.Labels is { } labels ? LabelScores.Of(data.TrainClasses.Classes, labels[head]) : null
                        )
                )
                    ?? [],
            ],
            SgdProbe.Accuracy(train.Features, y, test.Features, t, cancellation),
            LinearProbe.Accuracy(train.Features, y, test.Features, t),
            NearestNeighbors.Accuracy(train.Features, y, test.Features, t),
            NearestNeighbors.Accuracy(train.Features, y, test.Features, t, ManyNeighbors)
        )
        {
            MostFrequentClass = data.TestClasses.Select(test.Ids).MostFrequent,
            Spread = SpreadOf(train.Embeddings),
        };
    }

    /// <summary>As <see cref="ConstrainedKMeans.EmbeddingSpread"/>, where the embeddings are.</summary>
    static double SpreadOf(Tensor embeddings)
    {
        using var scope = NewDisposeScope();
        return Math.Clamp(1 - (embeddings.mean([0]).square().sum().item<float>() / embeddings.square().sum(1).mean().item<float>()), 0, 1);
    }
}

/// <summary>A head's clusters and the classes.</summary>
/// <param name="K">Clusters.</param>
/// <param name="Test">The nearest center of every test image, without duals.</param>
/// <param name="Train">The labels that the last epoch gave to the training images, duals and all; null: these are not the images of the
/// run.</param>
public sealed record HeadScores(int K, LabelScores Test, LabelScores? Train);

/// <summary>What is evaluated.</summary>
/// <param name="What">Its name.</param>
/// <param name="Encoder">The encoder.</param>
/// <param name="Normalization">Of pixels.</param>
/// <param name="Clusters">What it was trained with; null: nobody knows.</param>
public sealed record Subject(string What, Encoder Encoder, Normalization Normalization, CommittedClusters? Clusters);

/// <summary>The clustering's last committed epoch.</summary>
/// <param name="Epoch">Which.</param>
/// <param name="Centers">Of every head, K x d values.</param>
/// <param name="Labels">Labels[head][image]; null: of other images.</param>
/// <param name="Reports">What the clustering says of it and, before that, of the epoch before.</param>
public sealed record CommittedClusters(
    int Epoch,
    IReadOnlyList<float[]> Centers,
    IReadOnlyList<int[]>? Labels,
    IReadOnlyList<EpochReport> Reports
)
{
    /// <summary>N of the run.</summary>
    public required int ImageCount { get; init; }
}
