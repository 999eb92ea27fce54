using CoKe.Errors;
using CoKe.Files;
using CoKe.Learning.Encoders;
using CoKe.Learning.Images;
using CoKe.Learning.Resume;
using CoKe.Learning.Weights;
using CoKe.Trainer.Runs;
using static TorchSharp.torch;

namespace CoKe.Trainer.Commands;

/// <summary>The weights of a finished run, to be used elsewhere. Neither images nor silos are needed: the trainer's last save has
/// them.</summary>
static class RunWeights
{
    /// <summary>Writes a part of the encoder of a run.</summary>
    /// <param name="path">The run's folder, which stays as it is.</param>
    /// <param name="file">The file; it is replaced, whole or not at all.</param>
    /// <param name="part">What of the encoder.</param>
    /// <returns>How many values are in it.</returns>
    /// <exception cref="InvalidOptionsException">There is no run in the folder, or it is not finished.</exception>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    /// <exception cref="ResumeRefusedException">Its save is missing or damaged, or a process works on it.</exception>
    public static long Write(string path, string file, EncoderPart part)
    {
        var run = RunFolder.RunIn(path);
        if (!run.Finished)
            throw Refuse($"The run in {path} is not finished: let it go on by 'coke-train train --resume {path}'.");
        if (run.Shape is not { } shape)
            throw Refuse($"The run in {path} is of an older program, which did not note the shape of images: train anew.");
        using var output = new OutputFile(file);
        using var folder = RunFolder.Look(path);
        var saved = folder.Saves.Read(run.Recipe.Schedule.Epochs, run.RunId!).Learner.Tensors.ToDictionary(tensor => tensor.Name);

        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var size = shape is { Height: { } height, Width: { } width } ? new ImageSize(height, width) : (ImageSize?)null;
        using var encoder = new Encoder(run.Recipe.LearnerOf(shape.Channels, size).Step.Encoder, run.Seed);
        var tensors = EncoderWeights.TensorsOf(encoder, EncoderPart.Whole).ToArray();
        if (
            Array.Find(tensors, t => saved.GetValueOrDefault(t.Name)?.Shape.SequenceEqual(t.Values.shape) != true) is
            { Name: { } other, Values: var lacked }
        )
            throw new ResumeRefusedException(
                "encoder",
                other,
                $"The save in {path} has no {other} of {string.Join('x', lacked.shape)}, as this program's encoder of the run's recipe "
                    + $"has: write the weights by the program that trained them, or restore {path} from a copy."
            );
        foreach (var (name, values) in tensors)
            values.copy_(tensor(saved[name].Values).view(saved[name].Shape));
        EncoderWeights.Write(encoder, output, part);
        return EncoderWeights.TensorsOf(encoder, part).Sum(t => t.Values.numel());

        InvalidOptionsException Refuse(string message) => new("OUT", path, message);
    }
}
