using System.CommandLine;
using CoKe.Trainer.Training;
using CoKe.TrainingBenchmarks;
using static TorchSharp.torch;

NativeMemory.KeepFreedPages();
set_num_threads(1);
var seconds = new Option<double>("--seconds") { Description = "How long each setting is measured, in each round.", DefaultValueFactory = _ => 4 };
var rounds = new Option<int>("--rounds") { Description = "How often ours and the peer take turns.", DefaultValueFactory = _ => 2 };
var steps = new Option<int>("--steps") { Description = "Steps of training.", DefaultValueFactory = _ => 2000 };

var speed = new Command("speed", "Images per second of training on one thread, beside PyTorch where Debian's python3-torch is installed.") { seconds, rounds };
speed.SetAction(parse => SpeedBenchmark.Run(parse.GetValue(seconds), parse.GetValue(rounds)));
var memory = new Command("memory", "Live tensors and memory of the process over many steps, which must stay flat.") { steps };
memory.SetAction(parse => MemoryBenchmark.Run(parse.GetValue(steps)));
return new RootCommand("Measures the trainer's encoders and optimizers.") { speed, memory }.Parse(args).Invoke();
