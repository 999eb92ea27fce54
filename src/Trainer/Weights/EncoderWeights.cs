using CoKe.Files;
using CoKe.Trainer.Data;
using CoKe.Trainer.Encoders;
using static TorchSharp.torch;

namespace CoKe.Trainer.Weights;

/// <summary>What of an encoder a file holds.</summary>
enum EncoderPart
{
    /// <summary>The backbone; a ResNet's has torchvision's names and loads there strictly once its fc is replaced by Identity.</summary>
    Backbone,

    /// <summary>All: backbone., projection. and prediction.</summary>
    Whole,
}

/// <summary>
/// Moves weights between an encoder and safetensors files. PyTorch's batch normalization also has num_batches_tracked, which ours drops (only averages without momentum read
/// it): written as 0, so that PyTorch finds every name it asks for, and passed over when read.
/// </summary>
static class EncoderWeights
{
    const string Counter = ".num_batches_tracked", Mean = ".running_mean", Classifier = "fc.";
    const int NamesInMessage = 8;

    /// <summary>Writes a part of <paramref name="encoder"/>; the file is there whole or not at all.</summary>
    /// <param name="encoder">Of any device.</param>
    /// <param name="path">The file.</param>
    /// <param name="part">What of it.</param>
    /// <param name="brief">bfloat16: half the size, 3 digits.</param>
    public static void Write(Encoder encoder, string path, EncoderPart part, bool brief = false)
    {
        using var output = new OutputFile(path);
        Write(encoder, output, part, brief);
    }

    /// <summary>As above, to a file that was opened before the work.</summary>
    public static void Write(Encoder encoder, OutputFile output, EncoderPart part, bool brief = false)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        List<(string, Tensor)> tensors = [];
        foreach (var (name, values) in TensorsOf(encoder, part))
        {
            tensors.Add((name, brief ? values.to_type(ScalarType.BFloat16) : values));
            if (name.EndsWith(Mean, StringComparison.Ordinal))
                tensors.Add((name[..^Mean.Length] + Counter, zeros([], ScalarType.Int64)));
        }
        SafetensorsFile.Write(output, tensors);
    }

    /// <summary>Replaces the values of a part of <paramref name="encoder"/> by those of a file. Its layout in memory and its device stay.</summary>
    /// <param name="encoder">Of the shapes in the file.</param>
    /// <param name="path">A file with the part's names, in any floating type.</param>
    /// <param name="part">What the file holds.</param>
    /// <param name="ignoreClassifier">Pass over fc.*, the classifier of a supervised ResNet.</param>
    /// <exception cref="ConstrainedKMeans.InvalidFileException">The file is damaged, or names, shapes or types do not fit, or values are not finite; the encoder is as it was.</exception>
    public static void Read(Encoder encoder, string path, EncoderPart part, bool ignoreClassifier = true)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var file = SafetensorsFile.Open(path);
        var targets = TensorsOf(encoder, part).ToDictionary(t => t.Name, t => t.Values);
        var entries = file.Tensors.Where(t => !IsPassedOver(t.Name, targets, ignoreClassifier)).ToDictionary(t => t.Name);
        Refuse(path, "does not hold", targets.Keys.Where(name => !entries.ContainsKey(name)));
        Refuse(path, "holds, unknown to this encoder,", entries.Keys.Where(name => !targets.ContainsKey(name)));
        Refuse(path, "holds another shape of", entries.Values.Where(e => !e.Shape.AsSpan().SequenceEqual(targets[e.Name].shape))
            .Select(e => $"{e.Name} ({e.ShapeText} in the file, {TensorEntry.Text(targets[e.Name].shape)} here)"));
        Refuse(path, "holds whole numbers as", entries.Values.Where(e => e.Type is ScalarType.Int64 or ScalarType.Int32 or ScalarType.Byte or ScalarType.Bool).Select(e => $"{e.Name} ({e.Type})"));

        // All are read and checked before the first is changed.
        var values = entries.Values.ToDictionary(e => e.Name, e => file.Read(e).to_type(ScalarType.Float32));
        Refuse(path, "holds values that are not finite in", values.Where(v => !v.Value.isfinite().all().item<bool>()).Select(v => v.Key));
        foreach (var (name, target) in targets)
            target.copy_(values[name]);
    }

    /// <summary>Every tensor of a part, by name.</summary>
    public static IEnumerable<(string Name, Tensor Values)> TensorsOf(Encoder encoder, EncoderPart part)
    {
        nn.Module module = part == EncoderPart.Backbone ? encoder.Backbone : encoder;
        return [.. module.named_parameters().Select(p => (p.name, (Tensor)p.parameter)), .. module.named_buffers().Select(b => (b.name, b.buffer))];
    }

    static bool IsPassedOver(string name, Dictionary<string, Tensor> targets, bool ignoreClassifier) =>
        ignoreClassifier && name.StartsWith(Classifier, StringComparison.Ordinal)
        || name.EndsWith(Counter, StringComparison.Ordinal) && targets.ContainsKey(name[..^Counter.Length] + Mean);

    static void Refuse(string path, string problem, IEnumerable<string> names)
    {
        string[] all = [.. names];
        if (all.Length == 0)
            return;
        var more = all.Length > NamesInMessage ? $" and {all.Length - NamesInMessage} more" : "";
        throw BadFile.Because(path, $"{problem} {string.Join(", ", all.Take(NamesInMessage))}{more}: load it into the encoder it was written from, or change the encoder's options.");
    }
}
