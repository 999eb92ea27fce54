using System.Globalization;
using System.Text;
using CoKe.Learning.Data;
using CoKe.Learning.Evaluation;
using CoKe.Learning.Training;
using static TorchSharp.torch;

namespace CoKe.Trainer.Report;

/// <summary>
/// labels.csv: the cluster of every image in every head, and how similar it is to the cluster's center, as the trained encoder sees the
/// whole image. Training images have the
/// labels that the last epoch gave them; others those of the nearest center. What could not be read has none.
/// </summary>
sealed class LabelsFile
{
    const string Header = "file,head,label,similarity";

    readonly List<Part> _parts = [];

    LabelsFile() { }

    /// <summary>Looks at all images. Numbers are kept and not lines: the lines may have to be written twice.</summary>
    /// <param name="learner">The trained encoder.</param>
    /// <param name="data">The images.</param>
    /// <param name="training">Labels and centers of every head.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="cancellation">Ends it.</param>
    public static LabelsFile Of(Learner learner, RunImages data, TrainingResult training, Device device, CancellationToken cancellation)
    {
        var file = new LabelsFile();
        file._parts.Add(Of(learner, data.Train, training, training.Labels, device, cancellation));
        if (data.Test is { } test)
            file._parts.Add(Of(learner, test, training, null, device, cancellation));
        return file;
    }

    /// <summary>Writes the table.</summary>
    public void Write(Stream stream)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        writer.Write(Header + "\n");
        foreach (var part in _parts)
            for (var image = 0; image < part.Images.Images.Count; image++)
                for (var head = 0; head < part.Labels.Length; head++)
                {
                    var (label, similarity) = (part.Labels[head][image], part.Similarities[head][image]);
                    var known = double.IsNaN(similarity) ? (double?)null : similarity;
                    writer.Write(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{Quoted(part.Images.NameOf(image))},{head},{(label >= 0 ? $"{label}" : "")},{known:0.####}\n"
                        )
                    );
                }
    }

    static Part Of(
        Learner learner,
        ImagePart part,
        TrainingResult training,
        IReadOnlyList<int[]>? labels,
        Device device,
        CancellationToken cancellation
    )
    {
        using var scope = NewDisposeScope();
        var embedded = Evaluator.Embed(learner.Encoder, learner.Normalization, part.Images, null, device, cancellation);
        var (embeddings, rows) = (Learner.ToArray(embedded.Embeddings), embedded.Ids.Index().ToDictionary(id => id.Item, id => id.Index));
        var heads = training.Centers.Count;
        var known = new Part(part, new int[heads][], new double[heads][]);
        for (var head = 0; head < heads; head++)
        {
            var nearest = labels is null ? Evaluator.Nearest(embedded.Embeddings, training.Centers[head]) : null;
            var (ofHead, similarities) = (new int[part.Images.Count], new double[part.Images.Count]);
            for (var image = 0; image < ofHead.Length; image++)
            {
                int? row = rows.TryGetValue(image, out var at) ? at : null;
                ofHead[image] =
                    labels is not null ? labels[head][image]
                    : row is { } of ? nearest![of]
                    : -1;
                similarities[image] =
                    row is { } place && ofHead[image] >= 0
                        ? Similarity(learner.Encoder.Options.Dimension, embeddings, place, training.Centers[head], ofHead[image])
                        : double.NaN;
            }

            (known.Labels[head], known.Similarities[head]) = (ofHead, similarities);
        }

        return known;
    }

    static double Similarity(int dimension, float[] embeddings, int row, float[] centers, int label)
    {
        var sum = 0.0;
        for (var i = 0; i < dimension; i++)
            sum += embeddings[row * dimension + i] * centers[label * dimension + i];
        return sum;
    }

    /// <summary>As RFC 4180 says: a comma, a quote or an end of a line may be in a file's name.</summary>
    static string Quoted(string name) => name.AsSpan().ContainsAny(",\"\r\n") ? $"\"{name.Replace("\"", "\"\"")}\"" : name;

    /// <summary>Labels[head][image], -1 without one, and Similarities[head][image], NaN without one.</summary>
    sealed record Part(ImagePart Images, int[][] Labels, double[][] Similarities);
}
