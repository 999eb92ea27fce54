using System.CommandLine;
using CoKe.Errors;
using CoKe.Files;
using CoKe.Learning.Data;
using CoKe.Learning.Views;

namespace CoKe.Trainer.Commands;

/// <summary>The command line of the sheet of views.</summary>
static class AugmentationsCommand
{
    public static Command Create()
    {
        Option<string> output = new("--out")
        {
            Description = "The picture, a PNG file; it is replaced.",
            HelpName = "FILE.png",
            Required = true,
        };
        Option<string?> data = new("--data")
        {
            Description =
                "Folder of IDX files, CIFAR binaries, or images (JPEG, PNG, WebP, BMP, GIF). Default: the bundled part of Fashion-MNIST.",
            HelpName = "DIR",
        };
        Option<string?> preset = new("--preset")
        {
            Description = "Which views. Default: small-gray for gray images, small-color for small ones in color, coke-multi for others.",
        };
        Option<int> images = new("--images") { Description = "Rows: how many images.", DefaultValueFactory = _ => 6 };
        Option<int?> views = new("--views")
        {
            Description =
                "Columns beside the image itself: how many views, drawn over and over. Default: a multiple of the preset's, about 8.",
        };
        Option<int?> size = new("--size") { Description = "Pixels of the large views. Default: the preset's." };
        Option<int> seed = new("--seed") { Description = "Which images, and how they are changed.", DefaultValueFactory = _ => 0 };
        Option<double> progress = new("--progress")
        {
            Description = "Which moment of training, 0 (where it begins) to 1: some presets let crops grow.",
            DefaultValueFactory = _ => 0,
        };
        preset.AcceptOnlyFromAmong([.. ViewPresets.Names]);
        output.Validators.Add(result =>
        {
            if (!(result.GetValueOrDefault<string>() ?? "").EndsWith(".png", StringComparison.OrdinalIgnoreCase))
                result.AddError("--out must end in .png.");
        });
        Within(images, 1, 100);
        Within(views, 1, 100);
        Within(size, 1, 1024);
        Within(progress, 0, 1);

        var command = new Command(
            "augmentations",
            "Draws views of some images into one picture, for the eye: a row for every image, the image itself first."
        )
        {
            output,
            data,
            preset,
            images,
            views,
            size,
            seed,
            progress,
        };
        command.SetAction(
            async (line, cancellation) =>
            {
                try
                {
                    var options = new SheetOptions(
                        line.GetValue(data) ?? BundledImages.Folder,
                        line.GetValue(preset),
                        line.GetValue(images),
                        line.GetValue(views),
                        line.GetValue(size),
                        line.GetValue(seed),
                        line.GetValue(progress)
                    );
                    var path = line.GetRequiredValue(output);
                    using var file = new OutputFile(path);
                    var sheet = ViewSheet.Draw(options, cancellation);
                    file.Write(stream => stream.Write(sheet.Png));
                    foreach (var unreadable in sheet.Unreadable)
                        await Console.Error.WriteLineAsync($"{unreadable.Path} {unreadable.Problem}.");
                    await Console.Out.WriteLineAsync(
                        $"{path}: {sheet.Rows} images, views of {sheet.Views.Name} "
                            + $"({string.Join(" + ", sheet.Views.Groups().Select(g => $"{g.Views.Length} x {g.Size.Height}"))} pixels), "
                            + $"{sheet.Columns} in a row, magnified {sheet.Magnification} times."
                    );
                    return 0;
                }
                catch (Exception e) when (e is CokeException or IOException or UnauthorizedAccessException)
                {
                    await Console.Error.WriteLineAsync(e.Message);
                    return 1;
                }
            }
        );
        return command;
    }

    static void Within<T>(Option<T> option, int least, int most) =>
        option.Validators.Add(result =>
        {
            if (RunArguments.NumberIn(result) is { } value && (value < least || value > most))
                result.AddError($"{option.Name} must be {least} to {most}.");
        });
}
