using System.CommandLine;
using System.Globalization;
using CoKe.ConstrainedKMeans;
using CoKe.Settings;
using CoKe.Trainer.Resume;
using CoKe.Trainer.Runs;

namespace CoKe.Trainer.Demo;

/// <summary>The options of the demo command, and how they become <see cref="RunOptions"/>: those of a run that goes on are its own.</summary>
sealed class DemoArguments
{
    static readonly Recipe Default = new();

    readonly Option<string?> data = new("--data") { Description = "Folder of IDX files (MNIST or USPS names, .gz or not) or CIFAR binaries. Default: the bundled part of Fashion-MNIST." };
    readonly Option<int> seed = new("--seed") { Description = "Equal seeds give equal numbers.", DefaultValueFactory = _ => 0 };
    readonly Option<int> epochs = new("--epochs") { Description = "Epochs of training, after one scan.", DefaultValueFactory = _ => Default.Epochs };
    readonly Option<string> output = new("--out") { Description = "Folder for report.html and summary.json, and for the run's state.", HelpName = "DIR", DefaultValueFactory = _ => "out" };
    readonly Option<int[]> heads = new("--heads")
    {
        Description = "Number of clusters of every head; the smallest is evaluated.",
        DefaultValueFactory = _ => [.. Default.Heads],
        HelpName = "K[,K...]",
        CustomParser = HeadsArgument.Parse,
        AllowMultipleArgumentsPerToken = true,
    };
    readonly Option<int?> images = new("--images") { Description = "Use the first so many training images only." };
    readonly Option<double> rotation = new("--rotation") { Description = "Rotate views by up to so many degrees; 15 suits digits.", DefaultValueFactory = _ => 0 };
    readonly Option<bool?> flip = new("--flip") { Description = "Mirror half of the views, true or false. Default: color images yes, gray ones no (digits, letters and shoes have a side)." };
    readonly Option<int> threads = new("--threads") { Description = "Threads of libtorch; the clustering uses the other cores.", DefaultValueFactory = _ => 1 };
    readonly Option<string> device = new("--device") { Description = "cpu, or cuda in a build with -p:Torch=cuda.", DefaultValueFactory = _ => "cpu" };
    readonly Option<string?> resume = new("--resume") { Description = "Go on with the run in a folder, which keeps its options; the end is as if it had never stopped.", HelpName = "DIR" };
    readonly Option<bool> goOn = new("--continue") { Description = "Go on with the run in --out if there is one, else begin it: for whoever starts the same command again and again." };
    readonly Option<bool> force = new("--force") { Description = "Discard an unfinished run in the folder." };

    readonly SettingArguments silos = GatewaySettings.Arguments("Cluster on running silos, reached by this gateway, instead of a silo in this process; repeat it for several.");
    readonly Option<string> name = new("--run") { Description = "Name of the run on the silos.", DefaultValueFactory = _ => RunOptions.DefaultRunName };

    public DemoArguments()
    {
        device.AcceptOnlyFromAmong("cpu", "cuda");
        AtLeast(epochs, 1);
        AtLeast(threads, 1);
        AtLeast(images, 2);
        rotation.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (>= 0 and <= 180))
                result.AddError("--rotation must be 0 to 180 degrees.");
        });
        foreach (var option in (Option[])[resume, goOn])
            option.Validators.Add(result =>
            {
                if (result is { Implicit: false } && result.GetResult(force) is { Implicit: false })
                    result.AddError($"{option.Name} goes on with a run and --force discards it: give one of them.");
            });
    }

    public IEnumerable<Option> All => [data, seed, epochs, output, heads, images, rotation, flip, threads, device, .. silos.All, name, resume, goOn, force];

    /// <summary>What was asked for.</summary>
    /// <exception cref="ResumeRefusedException">There is no run to go on with, or an option contradicts it.</exception>
    /// <exception cref="InvalidOptionsException">Something of running silos is asked for without a gateway.</exception>
    public RunOptions Read(ParseResult line)
    {
        if (line.GetValue(resume) is { } folder)
            return OfRun(line, folder);
        if (line.GetValue(goOn) && RunFolder.Find(line.GetRequiredValue(output)) is not null)
            return OfRun(line, line.GetRequiredValue(output));
        var recipe = Default with
        {
            Epochs = line.GetValue(epochs),
            Heads = line.GetRequiredValue(heads),
            Rotation = line.GetValue(rotation),
            Flip = line.GetValue(flip),
        };
        return new RunOptions(
            line.GetValue(data), line.GetValue(seed), line.GetRequiredValue(output), line.GetValue(images), line.GetValue(threads), line.GetRequiredValue(device), recipe,
            line.GetValue(force) ? RunStart.Forced : RunStart.Fresh)
        {
            Silos = Silos(line),
            RunName = line.GetRequiredValue(name),
        };
    }

    RunOptions OfRun(ParseResult line, string folder)
    {
        var run = RunFolder.Find(folder)
            ?? throw new ResumeRefusedException("resume", folder, $"{folder} holds no run to go on with: begin one with --out {folder}.");
        Agree(line, output, folder, path => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path!)));
        Agree(line, seed, run.Seed, Text);
        Agree(line, epochs, run.Recipe.Epochs, Text);
        Agree(line, heads, [.. run.Recipe.Heads], k => string.Join(' ', k!));
        Agree(line, images, run.Images, Text);
        Agree(line, rotation, run.Recipe.Rotation ?? 0, Text);
        Agree(line, flip, run.Recipe.Flip, Text);
        Agree(line, threads, run.Threads, Text);
        Agree(line, device, run.Device, Text);
        Agree(line, name, run.Name, Text);
        var others = Silos(line);
        if (others.FirstOrDefault() is { Key: not null } other && run.Silos.Count == 0)
            throw new ResumeRefusedException(other.Key, other.Value,
                $"--{other.Key} {other.Value} contradicts the run, whose clusters are in {folder}: leave it out, or begin another run in another folder.");
        // --data and --gateway may name another place of the same images and silos: their fingerprint and the run's id decide.
        return new RunOptions(
            line.GetValue(data) ?? run.Data, run.Seed, folder, run.Images, run.Threads, run.Device, run.Recipe, RunStart.Resumed)
        {
            Silos = others.Concat(run.Silos).DistinctBy(setting => setting.Key).ToDictionary(),
            RunName = run.Name,
        };
    }

    /// <summary>How silos are reached; whoever goes on may stand in another folder, so files are named in full.</summary>
    Dictionary<string, string> Silos(ParseResult line)
    {
        var given = silos.Read(line).ToDictionary(setting => setting.Key, setting => AccessSettings.IsFile(setting.Key) ? Path.GetFullPath(setting.Value) : setting.Value);
        if (given.FirstOrDefault() is { Key: not null } first && !given.ContainsKey(GatewaySettings.Gateway.Name) && line.GetValue(resume) is null && !line.GetValue(goOn))
            throw new InvalidOptionsException(first.Key, first.Value, $"--{first.Key} {first.Value} is for running silos: name one by --gateway, or leave it out.");
        return given;
    }

    static void Agree<T>(ParseResult line, Option<T> option, T run, Func<T?, string> text)
    {
        if (line.GetResult(option) is not { Implicit: false } || text(line.GetValue(option)) == text(run))
            return;
        throw new ResumeRefusedException(option.Name, text(line.GetValue(option)),
            $"{option.Name} {text(line.GetValue(option))} contradicts the run, which was begun with {text(run)}: leave it out, or begin another run in another folder.");
    }

    static string Text<T>(T? value) => value is null ? "no limit" : Convert.ToString(value, CultureInfo.InvariantCulture)!;

    static void AtLeast<T>(Option<T> option, int least) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<T>() is int value && value < least)
            result.AddError($"{option.Name} must be at least {least}.");
    });
}
