using System.CommandLine;
using CoKe.ConstrainedKMeans;

namespace CoKe.Trainer.Demo;

/// <summary>The command line of the demo.</summary>
static class DemoCommand
{
    static readonly Recipe Default = new();

    public static Command Create()
    {
        var data = new Option<string?>("--data") { Description = "Folder of IDX files (MNIST or USPS names, .gz or not) or CIFAR-10 binaries. Default: the bundled part of Fashion-MNIST." };
        var seed = new Option<int>("--seed") { Description = "Equal seeds give equal numbers.", DefaultValueFactory = _ => 0 };
        var epochs = new Option<int>("--epochs") { Description = "Epochs of training, after one scan.", DefaultValueFactory = _ => Default.Epochs };
        var output = new Option<string>("--out") { Description = "Folder for report.html and summary.json.", DefaultValueFactory = _ => "out" };
        var heads = new Option<int[]>("--heads")
        {
            Description = "Number of clusters of every head; the smallest is evaluated.",
            DefaultValueFactory = _ => [.. Default.Heads],
            AllowMultipleArgumentsPerToken = true,
        };
        var images = new Option<int?>("--images") { Description = "Use the first so many training images only." };
        var rotation = new Option<double>("--rotation") { Description = "Rotate views by up to so many degrees; 15 suits digits.", DefaultValueFactory = _ => Default.Augmentation.Rotation };
        var flip = new Option<bool?>("--flip") { Description = "Mirror half of the views, true or false. Default: color images yes, gray ones no (digits, letters and shoes have a side)." };
        var threads = new Option<int>("--threads") { Description = "Threads of libtorch; the clustering uses the other cores.", DefaultValueFactory = _ => 1 };
        var device = new Option<string>("--device") { Description = "cpu, or cuda in a build with -p:Torch=cuda.", DefaultValueFactory = _ => "cpu" };
        device.AcceptOnlyFromAmong("cpu", "cuda");
        AtLeastOne(epochs);
        AtLeastOne(threads);
        images.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 2)
                result.AddError("--images must be at least 2.");
        });

        var command = new Command("demo", "Starts a silo in this process, trains a small convolutional net on real images without labels, and draws a report.")
        {
            data, seed, epochs, output, heads, images, rotation, flip, threads, device,
        };
        command.SetAction(async (line, cancellation) =>
        {
            var recipe = Default with
            {
                Epochs = line.GetValue(epochs),
                Heads = line.GetRequiredValue(heads),
                Augmentation = Default.Augmentation with { Rotation = line.GetValue(rotation) },
            };
            var options = new DemoOptions(
                line.GetValue(data), line.GetValue(seed), line.GetRequiredValue(output), line.GetValue(images), line.GetValue(flip), line.GetValue(threads), line.GetRequiredValue(device), recipe);
            try
            {
                await new DemoRun(options, DemoScreen.OfTerminal()).RunAsync(cancellation);
                return 0;
            }
            catch (CokeException e)
            {
                await Console.Error.WriteLineAsync(e.Message);
                return 1;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                await Console.Error.WriteLineAsync("Stopped before the end; nothing was written.");
                return 130;
            }
        });
        return command;
    }

    static void AtLeastOne(Option<int> option) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() < 1)
            result.AddError($"{option.Name} must be at least 1.");
    });
}
