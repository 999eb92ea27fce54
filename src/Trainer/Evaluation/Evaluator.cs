using System.Runtime.InteropServices;
using CoKe.Trainer.Data;
using CoKe.Trainer.Encoders;
using CoKe.Trainer.Training;
using CoKe.Trainer.Views;
using static TorchSharp.torch;

namespace CoKe.Trainer.Evaluation;

/// <summary>Looks at a trained encoder with running statistics and whole images, resized to what it was trained on.</summary>
static class Evaluator
{
    const int BatchSize = 500;

    /// <summary>Features [n, f] and unit embeddings [n, d] of whole images, in order. The caller's dispose scope owns them.</summary>
    public static (Tensor Features, Tensor Embeddings) Embed(Encoder encoder, Normalization normalization, ImageSet images, Device device)
    {
        using var _ = no_grad();
        encoder.eval();
        var (features, embeddings) = (new List<Tensor>(), new List<Tensor>());
        using var scope = NewDisposeScope();
        var size = new ImageSize(encoder.Options.ImageHeight, encoder.Options.ImageWidth);
        for (var start = 0; start < images.Count; start += BatchSize)
        {
            var count = Math.Min(BatchSize, images.Count - start);
            var pixels = images.Pixels.AsSpan(start * images.ImageSize, count * images.ImageSize).ToArray();
            var batch = tensor(pixels, ScalarType.Byte).view(count, images.Channels, images.Height, images.Width).to(device);
            var (f, e) = encoder.WithFeatures(normalization.Apply(Resized(normalization.ToUnitRange(batch), size)));
            features.Add(f);
            embeddings.Add(e);
        }
        return scope.MoveToOuter(cat(features), cat(embeddings));
    }

    /// <summary>Scores the clustering of the smallest head and the features, on the test images.</summary>
    /// <param name="learner">The trained encoder.</param>
    /// <param name="data">Both parts of the data set, with classes.</param>
    /// <param name="centers">K x d values: the frozen centers of the smallest head. The prediction is the nearest center, without duals.</param>
    /// <param name="device">Where to compute.</param>
    public static TestScores Score(Learner learner, Dataset data, float[] centers, Device device)
    {
        using var scope = NewDisposeScope();
        var (trainFeatures, _) = Embed(learner.Encoder, learner.Normalization, data.Train, device);
        var (testFeatures, testEmbeddings) = Embed(learner.Encoder, learner.Normalization, data.Test, device);
        var predictions = Nearest(testEmbeddings, centers);
        var agreement = new Agreement(data.TestLabels.Classes, predictions);
        var trainClasses = tensor(data.TrainLabels.Classes, ScalarType.Int64).to(device);
        var testClasses = tensor(data.TestLabels.Classes, ScalarType.Int64).to(device);
        return new TestScores(
            agreement.Accuracy(), agreement.NormalizedMutualInformation(), agreement.AdjustedRandIndex(),
            LinearProbe.Accuracy(trainFeatures, trainClasses, testFeatures, testClasses),
            NearestNeighbors.Accuracy(trainFeatures, trainClasses, testFeatures, testClasses),
            predictions);
    }

    /// <summary>The images whose embeddings are nearest to each center: Exemplars[k][i], nearest first. Reads no classes.</summary>
    public static int[][] Exemplars(Learner learner, ImageSet images, float[] centers, int perCenter, Device device)
    {
        using var scope = NewDisposeScope();
        var (_, embeddings) = Embed(learner.Encoder, learner.Normalization, images, device);
        var (_, nearest) = Similarities(embeddings, centers).t().topk(Math.Min(perCenter, images.Count), dim: 1);
        return [.. nearest.unbind(0).Select(ToArray)];
    }

    static Tensor Resized(Tensor images, ImageSize size)
    {
        var (height, width) = ((int)images.shape[2], (int)images.shape[3]);
        var whole = new ViewDraw { Crop = new CropBox(0, 0, height, width) };
        return size == new ImageSize(height, width) ? images : CropResize.Apply(images, [.. Enumerable.Repeat(whole, (int)images.shape[0])], size);
    }

    static int[] Nearest(Tensor embeddings, float[] centers) => ToArray(Similarities(embeddings, centers).argmax(1));

    static Tensor Similarities(Tensor embeddings, float[] centers) =>
        embeddings.matmul(tensor(centers).view(-1, embeddings.shape[1]).to(embeddings.device).t());

    static int[] ToArray(Tensor values) => MemoryMarshal.Cast<byte, int>(values.to_type(ScalarType.Int32).cpu().contiguous().bytes).ToArray();
}
