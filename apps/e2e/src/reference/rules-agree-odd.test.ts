import { tellEverySecond } from './rules-agree.ts';

tellEverySecond(1);
