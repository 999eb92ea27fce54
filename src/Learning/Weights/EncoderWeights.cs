using CoKe.Files;
using CoKe.Learning.Encoders;
using CoKe.Learning.Images;
using static TorchSharp.torch;

namespace CoKe.Learning.Weights;

/// <summary>What of an encoder a file holds.</summary>
public enum EncoderPart
{
    /// <summary>The backbone; a ResNet's has torchvision's names and loads there strictly once its fc is replaced by Identity.</summary>
    Backbone,

    /// <summary>All: backbone., projection. and prediction.</summary>
    Whole,
}

/// <summary>
/// Moves weights between an encoder and safetensors files. PyTorch's batch normalization also has num_batches_tracked, which ours drops
/// (only averages without momentum read it): written as 0, so that PyTorch finds every name it asks for, and passed over when read.
/// </summary>
public static class EncoderWeights
{
    const string Counter = ".num_batches_tracked",
        Mean = ".running_mean",
        Classifier = "fc.";
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

    /// <summary>
    /// Replaces the values of a part of <paramref name="encoder"/> by those of a file, whose names may have a prefix in common. The
    /// encoder's layout in memory and its device stay.
    /// </summary>
    /// <param name="encoder">Of the shapes in the file.</param>
    /// <param name="path">A file with the part's names, in any floating type.</param>
    /// <param name="part">What to read; null: all of the encoder where the file has it, else the backbone.</param>
    /// <param name="ignoreClassifier">Pass over fc.*, the classifier of a supervised ResNet.</param>
    /// <param name="prefix">Which encoder of a file that holds several; null: there is one.</param>
    /// <returns>What was passed over of names and tensors, in a sentence; null: nothing.</returns>
    /// <exception cref="CoKe.Errors.InvalidFileException">The file is damaged, or names, shapes or types do not fit, or values are not
    /// finite; the encoder is as it was.</exception>
    public static string? Read(Encoder encoder, string path, EncoderPart? part = null, bool ignoreClassifier = true, string? prefix = null)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var file = SafetensorsFile.Open(path);
        var unwrapped = file.Tensors.Select(t => NamePrefix.Unwrapped(t.Name)).Distinct().Count() == file.Tensors.Count;
        string NameOf(TensorEntry entry) => unwrapped ? NamePrefix.Unwrapped(entry.Name) : entry.Name;
        var named = file.Tensors.ToDictionary(NameOf);
        var names = named.Keys.ToHashSet();
        var fits = ((EncoderPart[])(part is { } only ? [only] : [EncoderPart.Whole, EncoderPart.Backbone]))
            .Select(one => TensorsOf(encoder, one).ToDictionary(t => t.Name, t => t.Values))
            .Select(wanted => (Targets: wanted, Prefix: NamePrefix.Chosen(path, NamePrefix.Behind(names, wanted.Keys), prefix)))
            .ToArray();
        // Where neither fits, a backbone is what files of others have most of.
        var (targets, found) = fits.FirstOrDefault(fit => fit.Prefix is not null, fits[^1]);
        var before = found ?? NamePrefix.Nearest(names, targets.Keys);
        var entries = named
            .Where(t => t.Key.StartsWith(before, StringComparison.Ordinal))
            .Select(t => (Name: t.Key[before.Length..], Entry: t.Value))
            .Where(t => !IsPassedOver(t.Name, targets, ignoreClassifier))
            .ToDictionary(t => t.Name, t => t.Entry);
        var strangers = entries.Keys.Where(name => !targets.ContainsKey(name)).ToArray();
        Refuse(path, "does not hold", targets.Keys.Where(name => !entries.ContainsKey(name)));
        // Behind a prefix an encoder lies among other things; and a backbone among what was trained on top of it.
        if (before.Length == 0)
            Refuse(path, "holds, unknown to this encoder,", strangers);
        Refuse(
            path,
            "holds another shape of",
            targets
                .Where(t => !entries[t.Key].Shape.AsSpan().SequenceEqual(t.Value.shape))
                .Select(t => $"{entries[t.Key].Name} ({entries[t.Key].ShapeText} in the file, {TensorEntry.Text(t.Value.shape)} here)")
        );
        Refuse(
            path,
            "holds whole numbers as",
            targets
                .Keys.Select(name => entries[name])
                .Where(e => e.Type is ScalarType.Int64 or ScalarType.Int32 or ScalarType.Byte or ScalarType.Bool)
                .Select(e => $"{e.Name} ({e.Type})")
        );

        // All are read and checked before the first is changed.
        var values = targets.Keys.ToDictionary(name => name, name => file.Read(entries[name]).to_type(ScalarType.Float32));
        Refuse(path, "holds values that are not finite in", values.Where(v => !v.Value.isfinite().all().item<bool>()).Select(v => v.Key));
        foreach (var (name, target) in targets)
            target.copy_(values[name]);
        return Said(
            file.Tensors,
            targets.Keys.First(),
            before,
            entries[targets.Keys.First()],
            [.. named.Keys.Where(name => !IsUsed(name)).Select(name => named[name].Name)]
        );

        bool IsUsed(string name) =>
            name.StartsWith(before, StringComparison.Ordinal)
            && (targets.ContainsKey(name[before.Length..]) || IsPassedOver(name[before.Length..], targets, ignoreClassifier));
    }

    /// <summary>What was passed over.</summary>
    /// <param name="all">Of the file.</param>
    /// <param name="name">Of one tensor of the encoder.</param>
    /// <param name="before">What stands before the names.</param>
    /// <param name="entry">The same tensor in the file.</param>
    /// <param name="others">Tensors that were not read.</param>
    static string? Said(IReadOnlyList<TensorEntry> all, string name, string before, TensorEntry entry, string[] others)
    {
        List<string> said = [];
        if (entry.Name != name)
            said.Add(
                entry.Name.EndsWith(name, StringComparison.Ordinal)
                    ? $"names begin with {entry.Name[..^name.Length]}, which was passed over"
                    : $"{entry.Name} was read as {before}{name}, and so on"
            );
        if (others.Length > 0)
            said.Add($"{others.Length} of its {all.Count} tensors are not this encoder's and were passed over ({FoundItems.Some(others)})");
        return said.Count == 0 ? null : string.Join("; ", said);
    }

    /// <summary>Every tensor of a part, by name.</summary>
    public static IEnumerable<(string Name, Tensor Values)> TensorsOf(Encoder encoder, EncoderPart part)
    {
        nn.Module module = part == EncoderPart.Backbone ? encoder.Backbone : encoder;
        return
        [
            .. module.named_parameters().Select(p => (p.name, (Tensor)p.parameter)),
            .. module.named_buffers().Select(b => (b.name, b.buffer)),
        ];
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
        throw BadFile.Because(
            path,
            $"{problem} {string.Join(", ", all.Take(NamesInMessage))}{more}: name the recipe of the encoder that it was written from, "
                + "or change keys of it by --set encoder.KEY=VALUE."
        );
    }
}
