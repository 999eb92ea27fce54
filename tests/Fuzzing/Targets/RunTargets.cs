using System.IO.Hashing;
using CoKe.ConstrainedKMeans;
using CoKe.Fuzzing.Inputs;
using CoKe.Learning.Resume;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;
using CoKe.Trainer.TensorBoard;

namespace CoKe.Fuzzing.Targets;

/// <summary>Readers of what a run has left in its folder.</summary>
static class RunTargets
{
    const int ChecksumSize = 16,
        SaveStart = 16;

    public static FuzzTarget Save(FuzzFolder folder)
    {
        var saves = new Saves(folder.Path);
        var valid = SaveFile.Encode(Valid).ToArray();
        return new("", [valid], input =>
        {
            folder.Write("epoch-1.save", input);
            return $"{saves.Read(1, "run").Learner.Tensors.Count} tensors";
        })
        {
            Seal = Sealed,
            Hostile =
            [
                Head("[9223372036854775807]"),
                Head("[-1]"),
                Head("[4294967296,4294967296]"),
                Head("[2147483591]"),
                Head("null"),
                Head("[0,-5]"),
                Head("[1]", "-1"),
                Head("[1]", "2147483647"),
                Whole("null"),
                Whole("{}"),
                Whole("[]"),
                Whole(System.Text.Encoding.ASCII.GetString(Packing.Nested("[", 100_000))),
            ],
            Iterations = 6_000,
        };
    }

    public static FuzzTarget Record(FuzzFolder folder)
    {
        var record = new RunRecord(RunRecord.CurrentFormat, "data", "0123", 1, 20, 1, "cpu", new Recipe(), Versions.Present)
        {
            What = "what",
            Silos = new Dictionary<string, string> { ["gateway"] = "a:1" },
        };
        return new("", [record.ToJson()], input =>
        {
            folder.Write("state/run.json", input);
            return RunFolder.Find(folder.Path)!.What;
        })
        { Hostile = [Packing.Nested("[", 400_000), Packing.Nested("{\"recipe\":", 100_000), Packing.Text("{}"), Packing.Text("null")] };
    }

    public static FuzzTarget Summary(FuzzFolder folder) =>
        new("", [Packing.Text("{\"alarms\": [{\"kind\": 1, \"stands\": true}]}"), Packing.Text("{\"other\": 1}")], input =>
            $"{Trainer.Report.Summary.HasStandingAlarm(folder.Write("summary.json", input))}"
        )
        {
            Hostile =
            [
                Packing.Nested("[", 400_000),
                Packing.Text("[]"),
                Packing.Text("{\"alarms\": [1]}"),
                Packing.Text("{\"alarms\": 3}"),
            ],
        };

    public static FuzzTarget Events(FuzzFolder folder)
    {
        var path = folder.Own("events");
        EventFile.Append(
            path,
            [ScalarEvent.Beginning(1), ScalarEvent.Of(2, 0, [("train/loss", 1)]), ScalarEvent.Of(3, 1, [("train/loss", 0.5)])]
        );
        return new("", [File.ReadAllBytes(path)], input =>
        {
            folder.Write("events", input);
            new EventsLog(path, TimeProvider.System).Returned(1, 0, []);
            return new FileInfo(path).Length == input.Length ? "all stays" : "something is cut off";
        })
        { Seal = input => input.Length == 0 ? input : EventRecord(input, folder) };
    }

    static byte[] EventRecord(byte[] content, FuzzFolder folder)
    {
        var path = folder.Own("sealed");
        File.Delete(path);
        EventFile.Append(path, [content]);
        return File.ReadAllBytes(path);
    }

    static TrainerSave Valid =>
        new(
            "run",
            1,
            1,
            1,
            4,
            [new EpochTrace(0, null, null, 1, 0.1), new EpochTrace(1, 0.5, 0.2, 1, 0.1, 0.01)],
            [0, 1, 0],
            new Cost(1, 2),
            new LearnerState(
                [new NamedValues("a", [2, 2], [1, 2, 3, 4]), new NamedValues("b", [1], [5])],
                new SeededRandom(1).State,
                new SeededRandom(2).State
            )
        );

    static byte[] Head(string sizes, string labels = "0") =>
        Whole(
            $$$"""{"RunId":"run","Generation":1,"Attempt":1,"Epoch":1,"Steps":4,"Trace":[],"Spent":{"Seconds":1,"CpuSeconds":2},"""
                + $$$""" "LabelCount":{{{labels}}},"Order":{"Bits":1},"Views":{"Bits":2},"Tensors":[{"Name":"a","Sizes":{{{sizes}}}}]}"""
        );

    static byte[] Whole(string head)
    {
        byte[] content = [.. "CoKeSave"u8, .. BitConverter.GetBytes(1), .. BitConverter.GetBytes(head.Length), .. Packing.Text(head)];
        return [.. content, .. XxHash128.Hash(content)];
    }

    // The checksum finds damage, not malice: who makes a save makes that too. And the head has the length that it has.
    static byte[] Sealed(byte[] input)
    {
        if (input.Length < SaveStart + ChecksumSize)
            return input;
        var content = input[..^ChecksumSize];
        return [.. content, .. XxHash128.Hash(content)];
    }
}
