using System.CommandLine;
using CoKe.Silo;

// A stop that is asked for checkpoints every run first; the default would end the process after 2 s.
return await SiloCommand.Create().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
