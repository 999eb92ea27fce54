using System.CommandLine;
using CoKe.Learning.Tensors;
using CoKe.TrainingBenchmarks;
using static TorchSharp.torch;

NativeMemory.KeepFreedPages();
Libtorch.Prepare();
var seconds = new Option<double>("--seconds")
{
    Description = "How long each setting is measured, in each round.",
    DefaultValueFactory = _ => 4,
};
var rounds = new Option<int>("--rounds") { Description = "How often ours and the peer take turns.", DefaultValueFactory = _ => 2 };
var threads = new Option<int>("--threads") { Description = "Threads of libtorch and of the peer.", DefaultValueFactory = _ => 1 };
var batch = new Option<int>("--batch") { Description = "Images per step.", DefaultValueFactory = _ => 128 };
var steps = new Option<int>("--steps") { Description = "Steps of training.", DefaultValueFactory = _ => 2000 };

var speed = new Command("speed", "Images per second of training, beside PyTorch where Debian's python3-torch is installed.")
{
    seconds,
    rounds,
    threads,
    batch,
};
speed.SetAction(parse =>
    new SpeedBenchmark(parse.GetValue(batch), parse.GetValue(threads), parse.GetValue(seconds), parse.GetValue(rounds)).Run()
);
var memory = new Command("memory", "Live tensors and memory of the process over many steps, which must stay flat.") { steps };
memory.SetAction(parse =>
{
    set_num_threads(1);
    return MemoryBenchmark.Run(parse.GetValue(steps));
});
return new RootCommand("Measures a step of the trainer: encoder, loss, optimizer.") { speed, memory }
    .Parse(args)
    .Invoke();
