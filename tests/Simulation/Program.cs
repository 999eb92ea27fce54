using CoKe.Simulation.CommandLine;

return SimulationCommand.Create().Parse(args).Invoke();
