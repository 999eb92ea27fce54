using System.Runtime.InteropServices;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.Encoders;
using CoKe.Learning.Images;
using CoKe.Learning.Views;
using static TorchSharp.torch;

namespace CoKe.Learning.Evaluation;

/// <summary>Looks at a trained encoder with running statistics and whole images, resized to what it was trained on; of images of many
/// sizes, with their middle.</summary>
public static class Evaluator
{
    /// <summary>Mini-batches in memory, and of files, which may be large.</summary>
    const int BatchSize = 500,
        FileBatchSize = 64;

    /// <summary>The part of an image's shorter side that its middle has: 224 of 256, as is usual for ImageNet.</summary>
    const double Middle = 0.875;

    /// <summary>Embeds images in order; those that cannot be read are left out. The caller's dispose scope owns the tensors.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="normalization">Of its pixels.</param>
    /// <param name="images">Where the images are.</param>
    /// <param name="ids">Which; null: all.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="cancellation">Ends it.</param>
    public static Embedded Embed(
        Encoder encoder,
        Normalization normalization,
        IImageSource images,
        int[]? ids,
        Device device,
        CancellationToken cancellation = default
    )
    {
        using var _ = no_grad();
        encoder.eval();
        var (read, features, embeddings) = (new List<int>(), new List<Tensor>(), new List<Tensor>());
        using var scope = NewDisposeScope();
        var views = new WholeViews(normalization, new ImageSize(encoder.Options.ImageHeight, encoder.Options.ImageWidth), device);
        using (views)
            foreach (
                var batch in images.Read(
                    (ids ?? [.. Enumerable.Range(0, images.Count)]).Chunk(images is MemoryImages ? BatchSize : FileBatchSize),
                    cancellation
                )
            )
                using (batch)
                {
                    if (batch.Ids.Length == 0)
                        continue;
                    using var ofBatch = NewDisposeScope();
                    var (f, e) = encoder.WithFeatures(views.Of(batch.Images));
                    read.AddRange(batch.Ids);
                    features.Add(f.MoveToOuterDisposeScope());
                    embeddings.Add(e.MoveToOuterDisposeScope());
                }
        if (read.Count == 0)
            throw new InvalidFileException(
                "data",
                "none",
                "None of the images to evaluate with can be read, so nothing is measured with them: put whole files in their places, "
                    + "and measure by 'coke-train evaluate'."
            );
        var (allFeatures, allEmbeddings) = scope.MoveToOuter(cat(features), cat(embeddings));
        return new Embedded([.. read], allFeatures, allEmbeddings);
    }

    /// <summary>
    /// Scores the clustering of the smallest head and the features, on the test images; and finds the training images nearest to each of
    /// its centers. What cannot be measured is noted with the images, and the rest is measured.
    /// </summary>
    /// <param name="encoder">The trained encoder.</param>
    /// <param name="normalization">Of its pixels.</param>
    /// <param name="most">At most so many training images are looked at; null: all.</param>
    /// <param name="data">The images, and their classes where there are any.</param>
    /// <param name="centers">K x d values: the frozen centers of the smallest head. The prediction is the nearest center, without
    /// duals.</param>
    /// <param name="perCenter">How many images are to be found for a center.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Scores, null without test images or without classes; and ids, [center][i], nearest first, found without any class: none
    /// where they cannot be read any more.</returns>
    public static (TestScores? Scores, int[][] Exemplars) Evaluate(
        Encoder encoder,
        Normalization normalization,
        int? most,
        RunImages data,
        float[] centers,
        int perCenter,
        Device device,
        CancellationToken cancellation = default
    )
    {
        using var scope = NewDisposeScope();
        int[] ids = [.. EvenlySpread.Of(most ?? int.MaxValue, data.Train.Images.Count)];
        T? Measure<T>(string what, Func<T> measure) => data.Gaps.Measure(what, measure, cancellation);
        var train = Measure("What needs the training images", () =>
            Embed(encoder, normalization, data.Train.Images, ids, device, cancellation)
        );
        var exemplars = train is null ? null : Measure("Which images are nearest to a center", () => Nearest(train, centers, perCenter));
        if (data.Test is not { Classes: { } testLabels } test)
            return (null, exemplars ?? []);
        var held = Measure("What needs the test images", () => Embed(encoder, normalization, test.Images, null, device, cancellation));
        var predictions = held is null ? null : Measure("The nearest centers of the test images", () => Nearest(held.Embeddings, centers));
        if (held is null || predictions is null)
            return (null, exemplars ?? []);
        var agreement = new Agreement(testLabels.Select(held.Ids).Classes, predictions);
        var (probe, neighbors) = ((double?)null, (double?)null);
        // Without classes of the training images there is nothing to learn from, which was noted when they were opened.
        if (train is not null && data.Train.Classes is { } trainLabels)
        {
            var (trainClasses, testClasses) = (train.Classes(trainLabels), held.Classes(testLabels));
            probe = Measure("The linear probe", () =>
                (double?)LinearProbe.Accuracy(train.Features, trainClasses, held.Features, testClasses)
            );
            neighbors = Measure("The accuracy of nearest neighbors", () =>
                (double?)NearestNeighbors.Accuracy(train.Features, trainClasses, held.Features, testClasses)
            );
        }
        return (
            new TestScores(
                agreement.Accuracy(),
                agreement.NormalizedMutualInformation(),
                agreement.AdjustedRandIndex(),
                probe,
                neighbors,
                predictions
            ),
            exemplars ?? []
        );
    }

    static int[][] Nearest(Embedded images, float[] centers, int perCenter)
    {
        using var scope = NewDisposeScope();
        var (_, nearest) = Similarities(images.Embeddings, centers).t().topk(Math.Min(perCenter, images.Ids.Length), dim: 1);
        return [.. nearest.unbind(0).Select(row => Array.ConvertAll(ToArray(row), place => images.Ids[place]))];
    }

    /// <summary>The nearest of K x d centers to every embedding, without duals.</summary>
    public static int[] Nearest(Tensor embeddings, float[] centers) => ToArray(Similarities(embeddings, centers).argmax(1));

    static Tensor Similarities(Tensor embeddings, float[] centers) =>
        embeddings.matmul(tensor(centers).view(-1, embeddings.shape[1]).to(embeddings.device).t());

    static int[] ToArray(Tensor values) =>
        MemoryMarshal.Cast<byte, int>(values.to_type(ScalarType.Int32).cpu().contiguous().bytes).ToArray();

    /// <summary>Images as evaluation sees them: nothing is drawn.</summary>
    sealed class WholeViews(Normalization normalization, ImageSize size, Device device) : IDisposable
    {
        readonly ViewPipeline _pipeline = new(
            new ViewSet("whole", [new ViewOptions { Size = size.Height, Width = size.Width == size.Height ? null : size.Width }]),
            normalization,
            new SeededRandom(0, 0),
            device
        );

        /// <summary>[n, c, h, w], normalized.</summary>
        public Tensor Of(ImageBatch batch)
        {
            var ofOne = batch.Sizes.Distinct().Count() == 1;
            if (ofOne && batch.Sizes[0] == size)
                return normalization.Apply(
                    normalization.ToUnitRange(
                        frombuffer(batch.Pixels, ScalarType.Byte, batch.Offsets[^1])
                            .view(batch.Count, batch.Channels, size.Height, size.Width)
                            .to(device)
                    )
                );
            return _pipeline
                .Of(
                    batch,
                    [
                        [
                            .. batch.Sizes.Select(of => new ViewDraw
                            {
                                Crop = HasShape(of) ? new CropBox(0, 0, of.Height, of.Width) : Centered(of),
                                Jitter = ColorJitter.None,
                            }),
                        ],
                    ]
                )[0]
                .Images;
        }

        public void Dispose() => _pipeline.Dispose();

        /// <summary>Small images of the encoder's shape are seen whole.</summary>
        bool HasShape(ImageSize of) => of.Height * size.Width == of.Width * size.Height && of.Plane <= 128 * 128;

        CropBox Centered(ImageSize of)
        {
            var scale = Middle * Math.Min((double)of.Height / size.Height, (double)of.Width / size.Width);
            var (height, width) = (Math.Max(1, scale * size.Height), Math.Max(1, scale * size.Width));
            return new CropBox((of.Height - height) / 2, (of.Width - width) / 2, height, width);
        }
    }
}

/// <summary>Images as an encoder sees them.</summary>
/// <param name="Ids">Those that could be read.</param>
/// <param name="Features">[n, f].</param>
/// <param name="Embeddings">[n, d], unit rows.</param>
public sealed record Embedded(int[] Ids, Tensor Features, Tensor Embeddings)
{
    /// <summary>Classes of these images, [n], int64, where the features are.</summary>
    /// <param name="labels">Of all images.</param>
    public Tensor Classes(EvaluationLabels labels) => tensor(labels.Select(Ids).Classes, ScalarType.Int64).to(Features.device);
}
