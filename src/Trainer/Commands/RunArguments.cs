using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.Resume;
using CoKe.Settings;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;

namespace CoKe.Trainer.Commands;

/// <summary>The options that every command has which trains, and how they become <see cref="RunOptions"/>: those of a run that goes on are
/// its own.</summary>
sealed class RunArguments
{
    readonly Option<string?> _data = new("--data")
    {
        Description =
            "Folder of IDX files (MNIST, USPS or EMNIST names, .gz or not), CIFAR binaries, or images (JPEG, PNG, WebP, BMP, GIF). "
            + "Default: the recipe's, or the bundled part of Fashion-MNIST.",
        HelpName = "DIR",
    };
    readonly Option<int> _seed = new("--seed") { Description = "Equal seeds give equal numbers. Default: the recipe's, or 0." };
    readonly Option<string> _output = new("--out")
    {
        Description = "Folder for report.html, summary.json and recipe.yaml, and for the run's state.",
        HelpName = "DIR",
        DefaultValueFactory = _ => "out",
    };
    readonly Option<int?> _images = new("--images")
    {
        Description = "Use so many training images only: the first, or of image folders evenly spread ones.",
    };
    readonly Option<int> _threads = new("--threads")
    {
        Description = "Threads of libtorch; the clustering uses the other cores. Default: the recipe's, or 1.",
    };
    readonly Option<string> _device = new("--device")
    {
        Description = "cpu, or cuda in a build with -p:Torch=cuda. Default: the recipe's, or cpu.",
    };
    readonly Option<string?> _resume = new("--resume")
    {
        Description = "Go on with the run in a folder, which keeps its options; the end is as if it had never stopped.",
        HelpName = "DIR",
    };
    readonly Option<bool> _goOn = new("--continue")
    {
        Description = "Go on with the run in --out if there is one, else begin it: for whoever starts the same command again and again.",
    };
    readonly Option<bool> _force = new("--force") { Description = "Discard the run in the folder, finished or not." };

    readonly SettingArguments _silos = GatewaySettings.Arguments(
        "Cluster on running silos, reached by this gateway, instead of a silo in this process; repeat it for several."
    );
    readonly Option<string?> _database = new("--database")
    {
        Description =
            "File of the clustering's database, for a --out on a file system that databases do not like, as a network's may be. "
            + "Default: coke.db with the state in --out.",
        HelpName = "FILE",
    };

    readonly Option<string?> _name = new("--run")
    {
        Description = "Name of the run on the silos. Default: demo, or the name of the recipe.",
    };

    readonly TrainerPlace _place = new();

    /// <summary>--fail-on-alarm, of every command that can raise one.</summary>
    public static Option<bool> FailOnAlarmOption() =>
        new("--fail-on-alarm")
        {
            Description =
                $"Exit with {ExitCode.AlarmStands} when something looks wrong in the end (docs/alarms.md); "
                + "everything is written all the same.",
        };

    public RunArguments()
    {
        _device.AcceptOnlyFromAmong("cpu", "cuda");
        AtLeast(_seed, 0);
        AtLeast(_threads, 1);
        AtLeast(_images, 2);
        foreach (var option in (Option[])[_resume, _goOn])
            option.Validators.Add(result =>
            {
                if (result is { Implicit: false } && result.GetResult(_force) is { Implicit: false })
                    result.AddError($"{option.Name} goes on with a run and --force discards it: give one of them.");
            });
    }

    /// <summary>Those that belong before the options of a command itself, and those that belong after them.</summary>
    public (IEnumerable<Option> First, IEnumerable<Option> Last) All =>
        (
            [_data, _seed, _output, _images],
            [_threads, _device, .. _silos.All, _database, _name, .. _place.All, _resume, _goOn, _force, FailOnAlarm]
        );

    /// <summary>Whether an alarm that stands in the end makes another exit code.</summary>
    public Option<bool> FailOnAlarm { get; } = FailOnAlarmOption();

    /// <summary>The place of this process among several trainers; null: there is one.</summary>
    /// <exception cref="InvalidOptionsException">No such trainer was started.</exception>
    public RankPart? PlaceOf(ParseResult line) => _place.Read(line, Environment.GetEnvironmentVariable);

    /// <summary>What was asked for.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="recipe">The recipe of a new run, with what the line changes in it.</param>
    /// <param name="agree">The recipe of the run that goes on, with what the line may change in it; refuses what contradicts the run,
    /// beyond the options here.</param>
    /// <param name="runName">The name of a run that is given none.</param>
    /// <exception cref="ResumeRefusedException">There is no run to go on with, or an option contradicts it.</exception>
    /// <exception cref="InvalidOptionsException">Something of running silos is asked for without a gateway.</exception>
    public RunOptions Read(ParseResult line, Func<RecipeFile> recipe, Func<RunRecord, Recipe> agree, Func<RecipeFile, string> runName)
    {
        if (line.GetValue(_resume) is { } folder)
            return OfRun(line, folder, agree);
        if (line.GetValue(_goOn) && RunFolder.Find(line.GetRequiredValue(_output)) is not null)
            return OfRun(line, line.GetRequiredValue(_output), agree);
        var asked = recipe();
        var elsewhere = Silos(line);
        return new RunOptions(
            asked.Folder,
            asked.Seed,
            line.GetRequiredValue(_output),
            asked.Images,
            asked.Threads,
            asked.Device,
            asked.Recipe,
            line.GetValue(_force) ? RunStart.Forced : RunStart.Fresh
        )
        {
            Silos = elsewhere,
            Database = Database(line, elsewhere.Count > 0),
            RunName = line.GetValue(_name) ?? runName(asked),
            What = asked.What,
            Source = asked.Source,
            Asked = asked,
            World = PlaceOf(line)?.World ?? 1,
        };
    }

    /// <summary>Takes what the options here change in a recipe.</summary>
    public void Take(ParseResult line, Dictionary<string, GivenValue> values)
    {
        foreach (
            var (option, key) in ((Option, string)[])
                [
                    (_data, "data.folder"),
                    (_seed, "seed"),
                    (_images, "data.images"),
                    (_threads, "machine.threads"),
                    (_device, "machine.device"),
                ]
        )
            Take(line, option, key, values);
    }

    /// <summary>Takes an option as the value of a key, if it is given.</summary>
    public static void Take(ParseResult line, Option option, string key, Dictionary<string, GivenValue> values)
    {
        if (line.GetResult(option) is { Implicit: false } result)
        {
            var value = string.Join(",", result.Tokens.Select(token => token.Value));
            if (option.ValueType == typeof(string))
                RecipeText.SetText(key, value, option.Name, values);
            else
                RecipeText.Set(key, value, option.Name, values);
        }
    }

    /// <summary>Refuses an option of a run that goes on when it is another than the run's.</summary>
    /// <exception cref="ResumeRefusedException">It is.</exception>
    public static void Agree<T>(ParseResult line, Option<T> option, T run, Func<T?, string> text)
    {
        if (line.GetResult(option) is { Implicit: false })
            Agree(option.Name, text(line.GetValue(option)), text(run));
    }

    /// <summary>Refuses a value for a run that goes on when it is another than the run's.</summary>
    /// <exception cref="ResumeRefusedException">It is.</exception>
    public static void Agree(string name, string asked, string run)
    {
        if (asked != run)
            throw new ResumeRefusedException(
                name,
                asked,
                $"{name} {asked} contradicts the run, which was begun with {run}: leave it out, or begin another run in another folder."
            );
    }

    public static string Text<T>(T? value) => value is null ? "no limit" : Convert.ToString(value, CultureInfo.InvariantCulture)!;

    /// <summary>The number that an option was given; null: none, or something else, which the parser refuses by itself once its validators
    /// are done.</summary>
    public static double? NumberIn(OptionResult result) =>
        result is { Implicit: false, Tokens: [var token] }
        && double.TryParse(token.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    public static void AtLeast<T>(Option<T> option, int least) =>
        option.Validators.Add(result =>
        {
            if (NumberIn(result) < least)
                result.AddError($"{option.Name} must be at least {least}.");
        });

    RunOptions OfRun(ParseResult line, string folder, Func<RunRecord, Recipe> agree)
    {
        var run = RunFolder.Find(folder)
            ?? throw new ResumeRefusedException("resume", folder, $"{folder} holds no run to go on with: begin one with --out {folder}.");
        Agree(line, _output, folder, path => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path!)));
        Agree(line, _seed, run.Seed, Text);
        Agree(line, _images, run.Images, Text);
        Agree(line, _threads, run.Threads, Text);
        Agree(line, _device, run.Device, Text);
        Agree(line, _name, run.Name, Text);
        var trainers = PlaceOf(line)?.World ?? 1;
        if (trainers != run.World)
            throw new ResumeRefusedException(
                "world",
                $"{trainers}",
                $"{trainers} trainer(s) cannot go on with the run, which was begun by {run.World}: start "
                    + $"{(run.World == 1 ? "it without mpirun" : $"as many ('mpirun -n {run.World}')")}, "
                    + "or begin another run in another folder."
            );
        var recipe = agree(run);
        var others = Silos(line);
        if (others.FirstOrDefault() is { Key: not null } other && run.Silos.Count == 0)
            throw new ResumeRefusedException(
                other.Key,
                other.Value,
                $"--{other.Key} {other.Value} contradicts the run, whose clusters are in {folder}: leave it out, "
                    + "or begin another run in another folder."
            );
        // --data and --gateway may name another place of the same images and silos: their fingerprint and the run's id decide.
        return new RunOptions(
            line.GetValue(_data) ?? run.Data,
            run.Seed,
            folder,
            run.Images,
            run.Threads,
            run.Device,
            recipe,
            RunStart.Resumed
        )
        {
            Silos = others.Concat(run.Silos).DistinctBy(setting => setting.Key).ToDictionary(),
            Database = Database(line, run.Silos.Count > 0) ?? run.Database,
            RunName = run.Name,
            What = run.What,
            Source = run.Source,
            World = run.World,
        };
    }

    /// <summary>The database in full; it may have been moved since the run began.</summary>
    string? Database(ParseResult line, bool silosRunElsewhere)
    {
        if (line.GetValue(_database) is not { } file)
            return null;
        if (silosRunElsewhere)
            throw new InvalidOptionsException(
                "database",
                file,
                $"--database {file} is for a silo in this process, and the clusters are on running silos: leave it out."
            );
        return Path.GetFullPath(file);
    }

    /// <summary>How silos are reached; whoever goes on may stand in another folder, so files are named in full.</summary>
    Dictionary<string, string> Silos(ParseResult line)
    {
        var given = _silos
            .Read(line)
            .ToDictionary(
                setting => setting.Key,
                setting => AccessSettings.IsFile(setting.Key) ? Path.GetFullPath(setting.Value) : setting.Value
            );
        if (
            given.FirstOrDefault() is { Key: not null } first
            && !given.ContainsKey(GatewaySettings.Gateway.Name)
            && line.GetValue(_resume) is null
            && !line.GetValue(_goOn)
        )
            throw new InvalidOptionsException(
                first.Key,
                first.Value,
                $"--{first.Key} {first.Value} is for running silos: name one by --gateway, or leave it out."
            );
        return given;
    }
}
