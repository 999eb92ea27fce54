using System.Globalization;
using CoKe.Trainer.Evaluation;
using CoKe.Trainer.Resume;
using CoKe.Trainer.Training;
using static TorchSharp.torch;

namespace CoKe.Trainer.Runs;

/// <summary>
/// labels.csv: the cluster of every image in every head, and how similar it is to the cluster's center, as the trained encoder sees the whole image. Training images have the
/// labels that the last epoch gave them; others those of the nearest center. What could not be read has none.
/// </summary>
static class LabelsFile
{
    const string Header = "file,head,label,similarity";

    /// <summary>Writes it, whole or not at all.</summary>
    /// <param name="folder">The folder of the run.</param>
    /// <param name="learner">The trained encoder.</param>
    /// <param name="data">The images.</param>
    /// <param name="training">Labels and centers of every head.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The file.</returns>
    public static string Write(string folder, Learner learner, RunImages data, TrainingResult training, Device device, CancellationToken cancellation)
    {
        var path = RunFolder.LabelsOf(folder);
        var fresh = path + ".new";
        using (var writer = new StreamWriter(fresh))
        {
            writer.Write(Header + "\n");
            Write(writer, data.Train, training.Labels);
            if (data.Test is { } test)
                Write(writer, test, null);
        }
        File.Move(fresh, path, overwrite: true);
        return path;

        void Write(StreamWriter writer, ImagePart part, IReadOnlyList<int[]>? labels)
        {
            using var scope = NewDisposeScope();
            var embedded = Evaluator.Embed(learner.Encoder, learner.Normalization, part.Images, null, device, cancellation);
            var (embeddings, rows) = (Learner.ToArray(embedded.Embeddings), embedded.Ids.Index().ToDictionary(id => id.Item, id => id.Index));
            var nearest = labels is null ? training.Centers.Select(centers => Evaluator.Nearest(embedded.Embeddings, centers)).ToArray() : null;
            for (var image = 0; image < part.Images.Count; image++)
                for (var head = 0; head < training.Centers.Count; head++)
                {
                    int? row = rows.TryGetValue(image, out var known) ? known : null;
                    var label = labels is not null ? labels[head][image] : row is { } of ? nearest![head][of] : -1;
                    var similarity = row is { } at && label >= 0 ? Similarity(embeddings, at, training.Centers[head], label) : (double?)null;
                    writer.Write(string.Create(CultureInfo.InvariantCulture, $"{Quoted(part.NameOf(image))},{head},{(label >= 0 ? $"{label}" : "")},{similarity:0.####}\n"));
                }
        }

        double Similarity(float[] embeddings, int row, float[] centers, int label)
        {
            var (dimension, sum) = (learner.Encoder.Options.Dimension, 0.0);
            for (var i = 0; i < dimension; i++)
                sum += embeddings[row * dimension + i] * centers[label * dimension + i];
            return sum;
        }
    }

    /// <summary>As RFC 4180 says: a comma, a quote or an end of a line may be in a file's name.</summary>
    static string Quoted(string name) => name.AsSpan().ContainsAny(",\"\r\n") ? $"\"{name.Replace("\"", "\"\"")}\"" : name;
}
